package io.asynctx.driver.tck;

import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How to run the kit. Immutable; {@link #defaults()} and then the methods named after what they
 * change.
 *
 * @param channel which channel of the device
 * @param expected what must have been run
 * @param engine where an engine comes from, one for each contract that needs it; null: those are
 *     skipped
 * @param only ids of the contracts to run; empty: all
 * @param seed of everything random, so that a run can be repeated
 * @param maxBytes largest transfer tried, if the device takes that
 * @param pollLimit how many reports a poll may bring, where nothing depends on it
 * @param transferTimeout how long a transfer may take until it counts as lost
 * @param contractTimeout how long one contract may take until the driver counts as hanging
 * @param watch how long nothing must happen where nothing may happen any more
 */
public record TckOptions(
    int channel,
    TckExpected expected,
    @Nullable Supplier<? extends EngineUnderTest> engine,
    Set<String> only,
    long seed,
    int maxBytes,
    int pollLimit,
    Duration transferTimeout,
    Duration contractTimeout,
    Duration watch) {

  private static final int MAX_BYTES = 256 << 10;
  private static final int POLL_LIMIT = 64;

  /** Copies what could change. */
  public TckOptions {
    only = Set.copyOf(only);
  }

  /**
   * Channel 0, every contract, no engine, transfers to 256 KiB, 5 s for a transfer, 30 s for a
   * contract, 20 ms to watch.
   *
   * @return the options
   */
  public static TckOptions defaults() {
    return new TckOptions(
        0,
        TckExpected.plain(),
        null,
        Set.of(),
        0x5eed,
        MAX_BYTES,
        POLL_LIMIT,
        Duration.ofSeconds(5),
        Duration.ofSeconds(30),
        Duration.ofMillis(20));
  }

  /**
   * Another channel.
   *
   * @param channel 0 to the device's channels - 1
   * @return new options
   */
  public TckOptions channel(int channel) {
    return new TckOptions(
        channel,
        expected,
        engine,
        only,
        seed,
        maxBytes,
        pollLimit,
        transferTimeout,
        contractTimeout,
        watch);
  }

  /**
   * Another list of what must be run.
   *
   * @param expected the list
   * @return new options
   */
  public TckOptions expected(TckExpected expected) {
    return new TckOptions(
        channel,
        expected,
        engine,
        only,
        seed,
        maxBytes,
        pollLimit,
        transferTimeout,
        contractTimeout,
        watch);
  }

  /**
   * With an engine for the contracts that need one.
   *
   * @param engine asked for each of them; closed after it
   * @return new options
   */
  public TckOptions engine(Supplier<? extends EngineUnderTest> engine) {
    return new TckOptions(
        channel,
        expected,
        engine,
        only,
        seed,
        maxBytes,
        pollLimit,
        transferTimeout,
        contractTimeout,
        watch);
  }

  /**
   * Some contracts only. Nothing else is expected then.
   *
   * @param ids of contracts
   * @return new options
   */
  public TckOptions only(String... ids) {
    return new TckOptions(
        channel,
        expected,
        engine,
        Set.of(ids),
        seed,
        maxBytes,
        pollLimit,
        transferTimeout,
        contractTimeout,
        watch);
  }

  /**
   * Another seed.
   *
   * @param seed any
   * @return new options
   */
  public TckOptions seed(long seed) {
    return new TckOptions(
        channel,
        expected,
        engine,
        only,
        seed,
        maxBytes,
        pollLimit,
        transferTimeout,
        contractTimeout,
        watch);
  }

  /**
   * Other time-outs, for devices slower than most.
   *
   * @param transfer until a transfer counts as lost
   * @param contract until the driver counts as hanging
   * @param watch how long nothing must happen
   * @return new options
   */
  public TckOptions timeouts(Duration transfer, Duration contract, Duration watch) {
    return new TckOptions(
        channel, expected, engine, only, seed, maxBytes, pollLimit, transfer, contract, watch);
  }
}
