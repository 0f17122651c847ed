package io.asynctx.dmaengine;

import java.io.Serial;

/**
 * The engine is stopping or stopped.
 *
 * <p>Thrown for new work on a stopped engine, and to waiters when it stops. Every operation
 * accepted before has ended with a result.
 */
public final class EngineStoppedException extends IllegalStateException {

  @Serial private static final long serialVersionUID = 1L;

  /**
   * With a full message.
   *
   * @param message what is wrong, the values, and the way out
   */
  public EngineStoppedException(String message) {
    super(message);
  }
}
