package io.asynctx.dmaengine;

import java.io.Serial;

/**
 * The handle's descriptor was recycled and belongs to somebody else now.
 *
 * <p>Thrown for a handle whose descriptor has been recycled; names both generations. The stranger
 * that has it now is not touched.
 */
public final class StaleDescriptorException extends IllegalStateException {

  @Serial private static final long serialVersionUID = 1L;

  /**
   * With a full message.
   *
   * @param message what is wrong, the values, and the way out
   */
  public StaleDescriptorException(String message) {
    super(message);
  }
}
