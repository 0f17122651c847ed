package io.asynctx.bench.engine;

import io.asynctx.bench.Pairs;
import io.asynctx.bench.peer.HandOffPeer;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaStatus;

/**
 * Copies handed to the worker of a channel, in batches that are issued together. The caller looks
 * at the status of a batch's last copy and never waits for it through the engine, so that it does
 * not lend a hand: every copy is done by the other thread.
 *
 * <p>Threading: one thread.
 */
final class ChannelLink implements HandOffPeer.Link {

  static final String NAME = "DmaChannel";

  private final DmaChannel channel;
  private final Pairs pairs;
  private final String name;
  private final int batch;
  private final boolean single;

  ChannelLink(DmaChannel channel, Pairs pairs) {
    this(channel, pairs, NAME, Pairs.COUNT);
  }

  /** With a name of its own; at most so many copies at a time, in two batches, or one by one. */
  ChannelLink(DmaChannel channel, Pairs pairs, String name, int depth) {
    this.channel = channel;
    this.pairs = pairs;
    this.name = name;
    this.batch = Math.max(1, depth / 2);
    this.single = depth == 1;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long run(long operations) {
    final long begun = System.nanoTime();
    long older = DmaChannel.NONE;
    long newer = DmaChannel.NONE;
    for (long i = 0; i < operations; i += batch) {
      await(channel, older);
      older = newer;
      newer = batch(i, (int) Math.min(batch, operations - i));
      if (single) {
        await(channel, newer);
        newer = DmaChannel.NONE;
      }
    }
    await(channel, older);
    await(channel, newer);
    return System.nanoTime() - begun;
  }

  private long batch(long first, int count) {
    long last = DmaChannel.NONE;
    for (int k = 0; k < count; k++) {
      final long flags = k == count - 1 ? DmaChannel.PREP_NONE : DmaChannel.PREP_ACK;
      last = prepare(first + k, flags);
      channel.submit(last);
    }
    channel.issuePending();
    return last;
  }

  private long prepare(long i, long flags) {
    while (true) {
      final long copy =
          channel.prepMemcpy(pairs.destination(i), pairs.source(i), pairs.length, flags);
      if (copy != DmaChannel.NONE) {
        return copy;
      }
      Thread.onSpinWait(); // what has ended comes back to the pool in a moment
    }
  }

  /** Looks until an operation has ended, and acknowledges it. */
  static void await(DmaChannel channel, long descriptor) {
    if (descriptor == DmaChannel.NONE) {
      return;
    }
    DmaStatus status;
    while ((status = channel.status(descriptor)) == DmaStatus.IN_PROGRESS) {
      Thread.onSpinWait();
    }
    if (status != DmaStatus.COMPLETE) {
      throw new IllegalStateException("operation failed: " + channel.describe(descriptor));
    }
    channel.ack(descriptor);
  }

  @Override
  public void close() {
    // the lease ends with the framework
  }
}
