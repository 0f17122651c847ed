package io.asynctx.driver.isal;

/** The library gives no device; says why, and what a person can do. */
final class UnusableException extends Exception {
  private static final long serialVersionUID = 1;

  private final String reason;
  private final String remedy;

  UnusableException(String reason, String remedy, Throwable cause) {
    super(reason + "; " + remedy, cause);
    this.reason = reason;
    this.remedy = remedy;
  }

  UnusableException(String reason, String remedy) {
    super(reason + "; " + remedy);
    this.reason = reason;
    this.remedy = remedy;
  }

  /** Why. */
  String reason() {
    return reason;
  }

  /** What to do. */
  String remedy() {
    return remedy;
  }
}
