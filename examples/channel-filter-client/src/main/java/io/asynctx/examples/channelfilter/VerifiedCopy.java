package io.asynctx.examples.channelfilter;

import io.asynctx.dmaengine.ChannelGoneException;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.memory.DmaBuffer;
import io.asynctx.memory.DmaBuffers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;

/**
 * A little real work: copies a pattern over one channel and compares the bytes.
 *
 * <p>Threading: any thread but one that runs a completion callback.
 */
final class VerifiedCopy {

  private static final int BYTES = 64 * 1024;
  private static final Duration AT_MOST = Duration.ofSeconds(5);

  private final DmaBuffers buffers;

  VerifiedCopy(DmaBuffers buffers) {
    this.buffers = buffers;
  }

  /**
   * Copies over one channel and waits for the end.
   *
   * @return one line: the channel's name, then what came of it
   */
  String over(DmaChannel channel) {
    final DmaBuffer source = buffers.allocate(BYTES);
    try {
      final DmaBuffer destination = buffers.allocate(BYTES);
      try {
        fill(source.segment());
        return channel.name() + ": " + copy(channel, destination.segment(), source.segment());
      } catch (ChannelGoneException e) {
        return channel.name() + ": gone before the copy was accepted";
      } finally {
        destination.closeWhenIdle(); // a copy that timed out still writes to it
      }
    } finally {
      source.closeWhenIdle();
    }
  }

  private static String copy(DmaChannel channel, MemorySegment to, MemorySegment from) {
    final long tx = channel.prepMemcpy(to, from, BYTES, DmaChannel.PREP_NONE);
    if (tx == DmaChannel.NONE) {
      return "no descriptor is free";
    }
    channel.submit(tx);
    channel.issuePending();
    final WaitResult ended = channel.waitFor(tx, AT_MOST);
    final String answer =
        switch (ended) {
          case COMPLETE -> compared(to, from) + " by " + channel.describe(tx).provenance().driver();
          case ERROR -> "failed: " + channel.describe(tx).result();
          case TIMED_OUT -> "not finished: millis=" + AT_MOST.toMillis();
        };
    channel.ack(tx);
    return answer;
  }

  private static String compared(MemorySegment to, MemorySegment from) {
    final long at = to.mismatch(from.asSlice(0, to.byteSize()));
    return at < 0 ? "copied and verified: bytes=" + BYTES : "wrong byte copied: offset=" + at;
  }

  private static void fill(MemorySegment segment) {
    for (long at = 0; at < BYTES; at++) {
      segment.set(ValueLayout.JAVA_BYTE, at, (byte) (at * 31 + (at >>> 8)));
    }
  }
}
