package io.asynctx.dmaengine;

import java.io.Serial;

/**
 * A channel or device is held by somebody else.
 *
 * <p>Thrown when exclusivity, or a second opening of a device, is refused; names the holders.
 */
public final class ChannelBusyException extends IllegalStateException {

  @Serial private static final long serialVersionUID = 1L;

  /**
   * With a full message.
   *
   * @param message what is wrong, the values, and the way out
   */
  public ChannelBusyException(String message) {
    super(message);
  }
}
