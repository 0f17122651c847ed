package io.asynctx.async;

/** What a {@link Policy} says about one kind of provider. */
public enum Rule {
  /** Used before the kinds that are merely allowed. */
  PREFER,
  /** May be used. */
  ALLOW,
  /** Never used; if nothing else can do the operation, it is refused, or ends as ABORTED. */
  FORBID
}
