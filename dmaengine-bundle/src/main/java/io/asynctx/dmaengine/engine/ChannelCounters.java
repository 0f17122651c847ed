package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.TransferResult;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a channel has done, and what its driver has done wrong. Any thread adds; sums are exact once
 * the channel is idle.
 */
final class ChannelCounters {
  private static final Logger LOG = LoggerFactory.getLogger(ChannelCounters.class);

  /** Of the faults of a driver so many are all logged, and then one a second. */
  private static final int LOGGED = 10;

  private static final long LOG_AGAIN_NANOS = 1_000_000_000L;

  private final Channel channel;
  private final Counters engine;
  private final Health health;
  final LongAdder done = new LongAdder();
  final LongAdder errors = new LongAdder();
  final LongAdder bytes = new LongAdder();
  final LongAdder faults = new LongAdder();
  final LongAdder failovers = new LongAdder();
  private volatile long lastLogged;

  ChannelCounters(Channel channel) {
    this.channel = channel;
    this.engine = channel.engine.counters();
    this.health = channel.slot().health;
  }

  /** Token held: an operation ended here. */
  void ended(Descriptor d, TransferResult result) {
    done.increment();
    if (result == TransferResult.NO_ERROR) {
      bytes.add(d.length);
      health.success();
    } else {
      errors.increment();
      health.error(result);
    }
  }

  /** Token held: so many operations are about to end well. */
  void endedWell(int count, long length) {
    done.add(count);
    bytes.add(length);
    health.success();
    engine.ok.add(count);
  }

  /** Token held: an operation goes elsewhere because the device failed. */
  void failedOver(TransferResult result) {
    failovers.increment();
    engine.failovers.increment();
    errors.increment();
    health.error(result);
  }

  /** The driver did what it must not. */
  void fault(String what, @Nullable Throwable e) {
    faults.increment();
    health.fault(what);
    engine.driverFaults.increment();
    final long now = System.nanoTime();
    if (faults.sum() <= LOGGED || now - lastLogged > LOG_AGAIN_NANOS) {
      lastLogged = now;
      LOG.error(
          "driver fault: channel={}, driver={}, version={}, faults={}: {}",
          channel.name,
          channel.provider.driver(),
          channel.provider.driverVersion(),
          faults.sum(),
          what,
          e);
    }
  }
}
