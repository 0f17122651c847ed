package io.asynctx.models.command;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** Words that are not understood. */
final class UsageException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * With what is wrong and the way out.
   *
   * @param message one line
   */
  UsageException(@Nullable String message) {
    super(message);
  }
}
