package io.asynctx.driver.fault;

import java.io.Serial;

/** Arguments the person has to change; exit code 64. */
final class UsageException extends Exception {

  @Serial private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
