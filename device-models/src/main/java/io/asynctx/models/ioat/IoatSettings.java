package io.asynctx.models.ioat;

/**
 * How a model works.
 *
 * @param profile which part it is
 * @param channels 1 to {@value #MAX_CHANNELS}
 * @param synchronous whether it works inside the register write that starts it, with no thread and
 *     no latency; else on a thread of its own
 * @param latencyNanos how long an idle channel waits before it starts
 * @param coalesce whether one completion is written for all that could be done in one go
 */
public record IoatSettings(
    IoatProfile profile, int channels, boolean synchronous, long latencyNanos, boolean coalesce) {

  /** As many as Linux drivers look at. */
  public static final int MAX_CHANNELS = 4;

  /** Longest latency, ten seconds: longer than any driver waits. */
  public static final long MAX_LATENCY_NANOS = 10_000_000_000L;

  /** Checks the values. */
  public IoatSettings {
    if (channels < 1 || channels > MAX_CHANNELS) {
      throw new IllegalArgumentException(
          "channel count out of range: channels=" + channels + ", min=1, max=" + MAX_CHANNELS);
    }
    if (latencyNanos < 0 || latencyNanos > MAX_LATENCY_NANOS) {
      throw new IllegalArgumentException(
          "latency out of range: latencyNanos="
              + latencyNanos
              + ", min=0, max="
              + MAX_LATENCY_NANOS);
    }
  }

  /**
   * One channel with a thread of its own, as fast as it goes.
   *
   * @param profile which part it is
   * @return the settings
   */
  public static IoatSettings asynchronous(IoatProfile profile) {
    return new IoatSettings(profile, 1, false, 0, false);
  }

  /**
   * One channel that works inside the doorbell, for tests that must run alike each time.
   *
   * @param profile which part it is
   * @return the settings
   */
  public static IoatSettings synchronous(IoatProfile profile) {
    return new IoatSettings(profile, 1, true, 0, false);
  }

  /**
   * The same with another number of channels.
   *
   * @param count how many
   * @return new settings
   */
  public IoatSettings withChannels(int count) {
    return new IoatSettings(profile, count, synchronous, latencyNanos, coalesce);
  }

  /**
   * The same with another latency.
   *
   * @param nanos how long
   * @return new settings
   */
  public IoatSettings withLatencyNanos(long nanos) {
    return new IoatSettings(profile, channels, synchronous, nanos, coalesce);
  }

  /**
   * The same with coalesced completions, or without.
   *
   * @param together whether they are coalesced
   * @return new settings
   */
  public IoatSettings withCoalesce(boolean together) {
    return new IoatSettings(profile, channels, synchronous, latencyNanos, together);
  }
}
