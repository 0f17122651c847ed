package io.asynctx.tester;

import static io.asynctx.async.AsyncTxFlags.ACK;
import static io.asynctx.async.AsyncTxFlags.XOR_ZERO_DST;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.SubmitControl;
import io.asynctx.memory.DmaBuffer;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps the engine's queues full while a driver is changed: a thread that copies one block of
 * random bytes to many places, round and round, as many at a time as there are places.
 *
 * <p>Threading: one thread runs it, another starts, watches and closes it.
 */
final class Burst implements AutoCloseable {

  private static final int PLACES = 48;
  private static final int BYTES = 256 << 10;

  /** Odd, so that the sum of so many times the same block is that block. */
  private static final int SOURCES = 31;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Engine engine;
  private final Ledger ledger;
  private final DmaBuffer buffer;
  private final MemorySegment source;
  private final MemorySegment[] sources = new MemorySegment[SOURCES];
  private final Ledger.Batch[] batches = new Ledger.Batch[PLACES];
  private final AtomicLong submitted = new AtomicLong();
  private final Thread thread;
  private volatile boolean stop;
  private volatile String failure = "";

  Burst(Engine engine, Ledger ledger, SplittableRandom random) {
    this.engine = engine;
    this.ledger = ledger;
    this.buffer = engine.buffers().allocate((PLACES + 1L) * BYTES);
    this.source = buffer.segment().asSlice(0, BYTES);
    Arrays.fill(sources, source);
    Stripe.scribble(source, random);
    for (int i = 0; i < PLACES; i++) {
      batches[i] = new Ledger.Batch();
    }
    this.thread = Thread.ofPlatform().daemon().name("asynctx-demo-burst").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Sums handed over so far. */
  long submitted() {
    return submitted.get();
  }

  /** Whether every place has been written to once: the queues are as full as they will get. */
  boolean filled() {
    return submitted.get() >= PLACES;
  }

  /**
   * Whether it still goes on.
   *
   * @return true
   * @throws IllegalStateException if it failed, with the reason
   */
  boolean going() {
    if (!failure.isEmpty()) {
      throw new IllegalStateException(failure);
    }
    return true;
  }

  private void run() {
    final SubmitControl control = new SubmitControl().allowSynchronous(false);
    try {
      for (int i = 0; !stop; i = (i + 1) % PLACES) {
        if (!batches[i].await(PATIENCE)) {
          throw new IllegalStateException(
              "sum did not end in time: seconds=" + PATIENCE.toSeconds() + "; see dma:doctor");
        }
        engine.awaitChannel(DemoJob.CHANNEL_PATIENCE);
        final MemorySegment place = place(i);
        ledger.submit(
            batches[i],
            control.with(XOR_ZERO_DST | ACK, AsyncTx.NONE),
            (async, c) -> async.xor(place, sources, SOURCES, BYTES, c));
        engine.async().issuePendingAll();
        submitted.incrementAndGet();
      }
    } catch (InterruptedException e) {
      failure = "interrupted";
    } catch (RuntimeException e) {
      failure = String.valueOf(e.getMessage());
    }
  }

  private MemorySegment place(int i) {
    return buffer.segment().asSlice((i + 1L) * BYTES, BYTES);
  }

  /**
   * Stops, waits for what is under way and looks at every place.
   *
   * @return what was wrong; empty if nothing
   */
  String finish() throws InterruptedException {
    stop = true;
    thread.join();
    for (Ledger.Batch batch : batches) {
      if (!batch.await(PATIENCE)) {
        return "sums did not end in time: seconds=" + PATIENCE.toSeconds() + "; see dma:doctor";
      }
    }
    for (int i = 0; i < Math.min(PLACES, submitted.get()); i++) {
      final long at = source.mismatch(place(i));
      if (at >= 0 && !batches[i].failed()) {
        return "sum is wrong: place=" + i + ", offset=" + at + "; run dma:test";
      }
    }
    return failure;
  }

  /** Ends the thread, waits for its sums, and gives the memory back; later, if that takes long. */
  @Override
  public void close() {
    stop = true;
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true; // the thread looks at stop within one operation
        thread.interrupt();
      }
    }
    for (int i = 0; i < PLACES && !interrupted; i++) {
      try {
        batches[i].await(PATIENCE);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    buffer.closeWhenIdle();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
