package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.ChannelGoneException;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;

/**
 * Stands in for a driver that left, so that a stale channel fails by name instead of by class
 * loader.
 */
record GoneOps(String channel, Counters counters) implements ChannelOps {

  @Override
  public boolean push(Transfer transfer) {
    counters.afterGone.increment();
    throw new ChannelGoneException(
        "channel gone: channel=" + channel + "; request another from DmaEngine");
  }

  @Override
  public void doorbell() {
    counters.afterGone.increment();
    throw new ChannelGoneException(
        "channel gone: channel=" + channel + "; request another from DmaEngine");
  }

  @Override
  public int poll(int limit, CompletionSink sink) {
    counters.afterGone.increment();
    return 0;
  }

  @Override
  public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
    return Quiet.QUIET;
  }

  @Override
  public void close() {
    // nothing left to give up
  }
}
