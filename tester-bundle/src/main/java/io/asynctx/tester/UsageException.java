package io.asynctx.tester;

import java.io.Serial;

/** Arguments or an input the person has to change; exit code 64. */
public final class UsageException extends Exception {

  @Serial private static final long serialVersionUID = 1L;

  /**
   * With a full message.
   *
   * @param message what is wrong, the values, and the way out
   */
  public UsageException(String message) {
    super(message);
  }
}
