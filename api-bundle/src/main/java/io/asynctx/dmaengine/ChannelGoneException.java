package io.asynctx.dmaengine;

import java.io.Serial;

/**
 * The channel's driver left, or the lease was given back; this channel stays dead.
 *
 * <p>Thrown by calls on a channel whose device left or whose lease ended. Nothing was prepared;
 * handles given out earlier stay valid and end by themselves.
 */
public final class ChannelGoneException extends IllegalStateException {

  @Serial private static final long serialVersionUID = 1L;

  /**
   * With a full message.
   *
   * @param message what is wrong, the values, and the way out
   */
  public ChannelGoneException(String message) {
    super(message);
  }
}
