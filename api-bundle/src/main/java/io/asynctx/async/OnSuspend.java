package io.asynctx.async;

/** What becomes of an operation that is queued on a channel when that is suspended. */
public enum OnSuspend {
  /** It goes to another channel that can do it, if there is one. */
  MOVE,
  /** It waits until the channel is resumed, or leaves. */
  WAIT
}
