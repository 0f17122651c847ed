package io.asynctx.dmaengine.dto;

import java.util.List;

/**
 * One device's removal: what it found, and what became of it. {@code queued + inFlight} is what it
 * found; each of these operations is in exactly one of {@code drained}, {@code moved}, {@code
 * rerun}, {@code aborted}.
 *
 * @param device name of the device
 * @param driver symbolic name of the driver's bundle
 * @param driverVersion version of that bundle
 * @param atMillis when it began, milliseconds since 1970
 * @param queued operations submitted to the device's channels and not yet with it
 * @param inFlight operations with it
 * @param drained of these, completed by the device while it was being removed
 * @param moved given to another channel, or displaced, without having been started here
 * @param rerun taken by the device, not completed, and given to another channel, or displaced
 * @param aborted ended without being run again
 * @param impounded channels that could not be shown to be quiet
 * @param micros how long it took, in microseconds
 * @param steps its steps in order, each with the time it took
 * @param held who or what kept it waiting beyond its share, e.g. a driver's poll that does not
 *     return, or a client that does not take REMOVED; empty in ordinary life
 */
public record RemovalDTO(
    String device,
    String driver,
    String driverVersion,
    long atMillis,
    long queued,
    long inFlight,
    long drained,
    long moved,
    long rerun,
    long aborted,
    int impounded,
    long micros,
    List<Step> steps,
    List<String> held) {

  /** Copies the lists. */
  public RemovalDTO {
    steps = List.copyOf(steps);
    held = List.copyOf(held);
  }

  /**
   * One step.
   *
   * @param name {@code close}, {@code drain}, {@code terminate}, {@code classify} or {@code leave}
   * @param micros how long it took, in microseconds
   */
  public record Step(String name, long micros) {}
}
