package io.asynctx.dmaengine.bus;

import java.io.Serial;

/** Memory could not be mapped for a function, because something is exhausted. */
public final class DmaMappingException extends IllegalStateException {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * Says what is exhausted.
   *
   * @param message what is wrong, values as {@code name=value}, and the way out
   */
  public DmaMappingException(String message) {
    super(message);
  }
}
