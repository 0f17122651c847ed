package io.asynctx.dmaengine.dto;

import java.util.List;

/**
 * What an order to a channel, or to every channel of a device, did.
 *
 * @param action e.g. {@code suspend}
 * @param target name of the channel or device
 * @param channels one entry a channel
 * @param micros how long it took, in microseconds
 */
public record ActionDTO(String action, String target, List<Channel> channels, long micros) {

  /** Copies the list. */
  public ActionDTO {
    channels = List.copyOf(channels);
  }

  /**
   * One channel.
   *
   * @param channel its name
   * @param before name of its {@link io.asynctx.dmaengine.ChannelState} before
   * @param after the same afterwards
   * @param moved operations that went to other channels
   * @param rerun of these, the ones that the device had taken
   * @param aborted operations that ended without having been done
   * @param detail what there is to say; empty if nothing
   */
  public record Channel(
      String channel,
      String before,
      String after,
      long moved,
      long rerun,
      long aborted,
      String detail) {}
}
