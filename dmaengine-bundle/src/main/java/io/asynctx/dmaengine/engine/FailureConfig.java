package io.asynctx.dmaengine.engine;

/**
 * When a channel counts as failed, and what follows.
 *
 * @param watchdogMillis how long a transfer may be with a device, besides what its bytes take
 * @param resets how often a channel may fail in a window before it is quarantined
 * @param resetWindowMillis how long that window is
 * @param quarantineMillis how long a first quarantine lasts; each further one twice as long
 * @param quarantineMaxMillis and the longest
 * @param errorLimit how many errors in a row, without a success between, count as failed
 * @param faultLimit how many faults of the driver since its last reset count as failed
 */
record FailureConfig(
    long watchdogMillis,
    int resets,
    long resetWindowMillis,
    long quarantineMillis,
    long quarantineMaxMillis,
    int errorLimit,
    int faultLimit) {

  static FailureConfig defaults() {
    return new FailureConfig(2000, 3, 60_000, 1000, 60_000, 32, 64);
  }
}
