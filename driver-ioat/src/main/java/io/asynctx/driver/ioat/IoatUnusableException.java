package io.asynctx.driver.ioat;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A function gives no device. */
final class IoatUnusableException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final String reason;
  private final String remedy;

  /**
   * Says why, and what to do.
   *
   * @param reason what is wrong, and the values
   * @param remedy what a person can do
   */
  IoatUnusableException(String reason, String remedy) {
    this(reason, remedy, null);
  }

  IoatUnusableException(String reason, String remedy, @Nullable Throwable cause) {
    super(reason + "; " + remedy, cause);
    this.reason = reason;
    this.remedy = remedy;
  }

  String reason() {
    return reason;
  }

  String remedy() {
    return remedy;
  }
}
