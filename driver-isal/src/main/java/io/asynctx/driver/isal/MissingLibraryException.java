package io.asynctx.driver.isal;

/** The library cannot be used; says why, and what a person can do. */
final class MissingLibraryException extends Exception {
  private static final long serialVersionUID = 1;

  private final String remedy;

  MissingLibraryException(String reason, String remedy, Throwable cause) {
    super(reason, cause);
    this.remedy = remedy;
  }

  String reason() {
    return String.valueOf(getMessage());
  }

  String remedy() {
    return remedy;
  }
}
