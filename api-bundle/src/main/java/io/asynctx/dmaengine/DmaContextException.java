package io.asynctx.dmaengine;

import java.io.Serial;

/**
 * A call that this context forbids.
 *
 * <p>Thrown for submitting or waiting in a completion callback or in IRQ context; the message says
 * what to do instead.
 */
public final class DmaContextException extends IllegalStateException {

  @Serial private static final long serialVersionUID = 1L;

  /**
   * With a full message.
   *
   * @param message what is wrong, the values, and the way out
   */
  public DmaContextException(String message) {
    super(message);
  }
}
