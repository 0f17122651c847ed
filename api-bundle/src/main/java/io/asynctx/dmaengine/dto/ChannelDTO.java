package io.asynctx.dmaengine.dto;

import java.util.List;

/**
 * A channel.
 *
 * @param name its name
 * @param device name of its device
 * @param kind {@code hardware}, {@code emulated} or {@code software}
 * @param driver symbolic name of the driver's bundle
 * @param driverVersion version of that bundle
 * @param state name of its {@link io.asynctx.dmaengine.ChannelState}
 * @param capabilities what it can do
 * @param depth most transfers with the device at a time
 * @param queued operations submitted and not yet with the device
 * @param inFlight operations with the device
 * @param done operations it completed since it was opened
 * @param errors of these, with an error
 * @param bytes bytes of the operations it completed, a length counted once
 * @param faults reports refused and exceptions caught, of its driver
 * @param resets how often its driver has reset it
 * @param failovers operations that went from here to another channel because it failed
 * @param health why it is not used, or what it failed at last; empty if all is well
 * @param exclusive whether it is lent to one client alone
 * @param clients names of the clients that hold it
 */
public record ChannelDTO(
    String name,
    String device,
    String kind,
    String driver,
    String driverVersion,
    String state,
    List<String> capabilities,
    int depth,
    long queued,
    int inFlight,
    long done,
    long errors,
    long bytes,
    long faults,
    long resets,
    long failovers,
    String health,
    boolean exclusive,
    List<String> clients) {}
