package io.asynctx.async;

/** What to do when no descriptor is free at the channel chosen. */
public enum PoolEmpty {
  /** Issue what is pending, help, and try again until a slot is free. */
  WAIT,
  /** Take another channel that can do it; if none has room, wait. */
  ANOTHER_CHANNEL,
  /** Run it in the caller, if the policy allows the synchronous path; else wait. */
  SYNCHRONOUS,
  /** Return {@link AsyncTx#NONE}; nothing has run. */
  FAIL
}
