package io.asynctx.dmaengine.driver;

/** What a driver can say for its device after it was told to end everything. */
public enum Quiet {
  /** From now on the device touches no client memory. */
  QUIET,
  /** That cannot be shown. The engine then locks the memory away. */
  NOT_QUIET
}
