package io.asynctx.validation.tier;

import java.io.Serial;

/** The model did not come up: a check that passes all the same would be worth nothing. */
final class NoModelException extends Exception {

  @Serial private static final long serialVersionUID = 1;

  /**
   * With a reason.
   *
   * @param message what was seen
   */
  NoModelException(String message) {
    super(message);
  }
}
