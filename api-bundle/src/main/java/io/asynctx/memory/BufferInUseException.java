package io.asynctx.memory;

import java.io.Serial;

/** A buffer that operations in flight still name; the message names them and their clients. */
public final class BufferInUseException extends IllegalStateException {

  @Serial private static final long serialVersionUID = 1L;

  /**
   * With a full message.
   *
   * @param message what is wrong, the values, and the way out
   */
  public BufferInUseException(String message) {
    super(message);
  }
}
