package io.asynctx.dmaengine.engine;

import io.asynctx.memory.BufferInUseException;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;

/**
 * The engine's record of one lent buffer, from allocation until its memory is back in the pool. It
 * does not keep the holder's object, nor anything else of the holder but text.
 *
 * <p>Threading: any thread, under its own monitor.
 */
final class Loan extends PhantomReference<Buffers.Buffer> {

  /** Of the operations in the way so many are named. */
  private static final int NAMED = 8;

  final Buffers.Block block;
  final long bytes;
  final String holder;
  final String site;
  final long since = System.nanoTime();
  private final Buffers buffers;
  private boolean closed;

  Loan(
      Buffers.Buffer buffer,
      ReferenceQueue<Buffers.Buffer> dropped,
      Buffers buffers,
      Buffers.Block block,
      long bytes,
      String holder,
      String site) {
    super(buffer, dropped);
    this.buffers = buffers;
    this.block = block;
    this.bytes = bytes;
    this.holder = holder;
    this.site = site;
  }

  long ageMillis() {
    return (System.nanoTime() - since) / 1_000_000;
  }

  /**
   * Gives the memory back now.
   *
   * @throws BufferInUseException if it is in use or locked away; then nothing has changed
   */
  synchronized void close() {
    if (closed) {
      return;
    }
    final Buffers.Obstacle obstacle = buffers.tryClose(this, Buffers.State.OPEN);
    if (obstacle != null) {
      throw new BufferInUseException(refusal(obstacle));
    }
    closed = true;
  }

  private String refusal(Buffers.Obstacle obstacle) {
    final String buffer = "holder=" + holder + ", bytes=" + bytes;
    if (obstacle.lockedBy() != null) {
      return "buffer is locked away: "
          + buffer
          + ", channel="
          + obstacle.lockedBy()
          + " could not be shown to be quiet; reset that channel, or call closeWhenIdle";
    }
    return "buffer in use: "
        + buffer
        + ", operations="
        + obstacle.holders().stream().limit(NAMED).toList()
        + "; wait for them, or call closeWhenIdle";
  }

  /** Gives the memory back as soon as it is neither in use nor locked away. */
  synchronized void closeWhenIdle() {
    if (!closed) {
      closed = true;
      buffers.defer(this);
    }
  }

  /** Whether its holder is done with it. */
  synchronized boolean closed() {
    return closed;
  }
}
