package io.asynctx.tester;

import java.io.Serial;

/** Arguments or an input the person has to change; exit code 64. */
final class UsageException extends Exception {

  @Serial private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
