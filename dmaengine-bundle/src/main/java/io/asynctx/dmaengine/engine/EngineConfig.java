package io.asynctx.dmaengine.engine;

/**
 * What can be set on an engine.
 *
 * @param name its name
 * @param ringSize descriptor slots per channel, a power of two, at most 2048
 * @param removalBudgetMillis what the removal of one device may take
 * @param drainShare how many eighths of it what is in flight has to complete
 * @param displacedWaitMillis how long an operation waits without any channel
 * @param synchronousBelow bytes below which a single operation may run in the caller
 * @param stuckCallbackMillis after how long a callback counts as stuck
 * @param eventMillis what a client may take for an event before it is reported
 * @param failure when a channel counts as failed
 * @param policy the operator's, in words; empty for any
 * @param assign the operator's assignments, in words; empty for none
 */
record EngineConfig(
    String name,
    int ringSize,
    long removalBudgetMillis,
    int drainShare,
    long displacedWaitMillis,
    long synchronousBelow,
    long stuckCallbackMillis,
    long eventMillis,
    FailureConfig failure,
    String policy,
    String assign) {

  /** Half of the budget, in eighths. */
  static final int DRAIN_SHARE = 4;

  /** Without a word of the operator. */
  EngineConfig(
      String name,
      int ringSize,
      long removalBudgetMillis,
      int drainShare,
      long displacedWaitMillis,
      long synchronousBelow,
      long stuckCallbackMillis,
      long eventMillis,
      FailureConfig failure) {
    this(
        name,
        ringSize,
        removalBudgetMillis,
        drainShare,
        displacedWaitMillis,
        synchronousBelow,
        stuckCallbackMillis,
        eventMillis,
        failure,
        "",
        "");
  }

  /** The same, with other words of the operator. */
  EngineConfig said(String policy, String assign) {
    return new EngineConfig(
        name,
        ringSize,
        removalBudgetMillis,
        drainShare,
        displacedWaitMillis,
        synchronousBelow,
        stuckCallbackMillis,
        eventMillis,
        failure,
        policy,
        assign);
  }

  static EngineConfig defaults(String name) {
    return new EngineConfig(
        name, 1024, 2000, DRAIN_SHARE, 1000, 4096, 1000, 300, FailureConfig.defaults());
  }

  long watchdogMillis() {
    return failure.watchdogMillis();
  }

  int resets() {
    return failure.resets();
  }

  long resetWindowMillis() {
    return failure.resetWindowMillis();
  }

  long quarantineMillis() {
    return failure.quarantineMillis();
  }

  long quarantineMaxMillis() {
    return failure.quarantineMaxMillis();
  }

  int errorLimit() {
    return failure.errorLimit();
  }

  int faultLimit() {
    return failure.faultLimit();
  }
}
