package io.asynctx.debian;

import java.io.Serial;

/** Something that is needed cannot be had here: a compiler, a package, a peer. */
public final class UnavailableException extends Exception {

  @Serial private static final long serialVersionUID = 1;

  /**
   * With a reason.
   *
   * @param reason what is missing, and the way out
   */
  public UnavailableException(String reason) {
    super(reason);
  }

  /**
   * With a reason and what made it known.
   *
   * @param reason what is missing, and the way out
   * @param cause what happened
   */
  public UnavailableException(String reason, Throwable cause) {
    super(reason, cause);
  }

  /**
   * The reason.
   *
   * @return what is missing, and the way out
   */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
