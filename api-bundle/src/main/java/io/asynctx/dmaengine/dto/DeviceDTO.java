package io.asynctx.dmaengine.dto;

import java.util.List;

/**
 * A device.
 *
 * @param name its name
 * @param kind {@code hardware}, {@code emulated} or {@code software}
 * @param driver symbolic name of the driver's bundle
 * @param driverVersion version of that bundle
 * @param state {@code serving}, {@code leaving}, or why it is not served
 * @param channels how many channels it has
 * @param capabilities what its first channel can do, as a client's mask would name it
 * @param numaNode -1 if unknown
 * @param channelNames names of the channels served
 */
public record DeviceDTO(
    String name,
    String kind,
    String driver,
    String driverVersion,
    String state,
    int channels,
    List<String> capabilities,
    int numaNode,
    List<String> channelNames) {}
