package io.asynctx.async;

/** What becomes of an operation whose device failed. */
public enum OnFault {
  /**
   * It goes to the next channel that can do it, and goes on from the bytes completed, if running it
   * again cannot be seen; else it ends with the device's error.
   */
  FAILOVER,
  /** It ends with the device's error. */
  FAIL
}
