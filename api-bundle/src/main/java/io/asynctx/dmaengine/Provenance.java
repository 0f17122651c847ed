package io.asynctx.dmaengine;

import java.util.List;

/**
 * Who did an operation, and why it was they.
 *
 * @param kind the kind of provider; {@link ProviderKind#SYNCHRONOUS} if no channel ran it
 * @param channel name of the channel, e.g. {@code soft0/1}; {@code synchronous} if none
 * @param device name of the device; {@code cpu} if none
 * @param driver symbolic name of the driver's bundle, or of the engine's own
 * @param driverVersion version of that bundle
 * @param attempts how often an engine was given it; 1 in ordinary life, 0 if it never ran
 * @param displaced whether it once waited without any channel
 * @param reasons why it moved or fell back, oldest first; empty in ordinary life
 */
public record Provenance(
    ProviderKind kind,
    String channel,
    String device,
    String driver,
    String driverVersion,
    int attempts,
    boolean displaced,
    List<String> reasons,
    List<String> channels,
    long queueNanos,
    long serviceNanos) {

  /** Copies the lists. */
  public Provenance {
    reasons = List.copyOf(reasons);
    channels = List.copyOf(channels);
  }
}
