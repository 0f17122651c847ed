package io.asynctx.tester.storm;

import io.asynctx.dmaengine.TransferResult;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The storm's book, kept outside the engine in plain arrays: for each operation whether it was
 * handed over, how often a device began it, and how often it ended. Nothing in it comes from the
 * engine's counters.
 *
 * <p>Threading: any thread; of one operation, the submitter enters the submission, devices enter
 * what they begin, callbacks enter the ending.
 */
final class Ledger {

  private static final VarHandle BYTES = MethodHandles.arrayElementVarHandle(byte[].class);
  private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final TransferResult[] RESULTS = TransferResult.values();

  /** Of an operation that ended while its client was gone: nobody was told how. */
  private static final byte UNTOLD = -1;

  private final byte[] submitted;
  private final byte[] begun;
  private final byte[] continued;
  private final byte[] ended;
  private final byte[] results;
  private final long[] firstBegun;
  private final long[] lastBegun;
  private final AtomicLong clock = new AtomicLong(1);
  private final AtomicLong submissions = new AtomicLong();
  private final AtomicLong endings = new AtomicLong();

  /** An empty book for so many operations. */
  Ledger(int operations) {
    submitted = new byte[operations];
    begun = new byte[operations];
    continued = new byte[operations];
    ended = new byte[operations];
    results = new byte[operations];
    firstBegun = new long[operations];
    lastBegun = new long[operations];
  }

  /** How many operations it has room for. */
  int size() {
    return submitted.length;
  }

  /** An operation is about to be handed over. */
  void submitted(int operation) {
    BYTES.setVolatile(submitted, operation, (byte) 1);
    submissions.getAndIncrement();
  }

  /** It was refused after all. */
  void withdrawn(int operation) {
    BYTES.setVolatile(submitted, operation, (byte) 0);
    submissions.getAndDecrement();
  }

  /**
   * A device begins it.
   *
   * @param start whether at its first byte; else it goes on where it was stopped
   */
  void begins(int operation, boolean start) {
    final long now = clock.getAndIncrement();
    BYTES.getAndAdd(start ? begun : continued, operation, (byte) 1);
    LONGS.compareAndSet(firstBegun, operation, 0L, now);
    LONGS.setVolatile(lastBegun, operation, now);
  }

  /**
   * It ended.
   *
   * @return whether for the first time
   */
  boolean ends(int operation, TransferResult result) {
    if ((byte) BYTES.getAndAdd(ended, operation, (byte) 1) != 0) {
      return false;
    }
    BYTES.setVolatile(results, operation, (byte) result.ordinal());
    endings.getAndIncrement();
    return true;
  }

  /** It ended while its client was gone, unless it ended before. */
  void deserted(int operation) {
    if (BYTES.compareAndSet(ended, operation, (byte) 0, (byte) 1)) {
      BYTES.setVolatile(results, operation, UNTOLD);
      endings.getAndIncrement();
    }
  }

  boolean isSubmitted(int operation) {
    return (byte) BYTES.getVolatile(submitted, operation) != 0;
  }

  /** How often a device began it at its first byte. */
  int begun(int operation) {
    return (byte) BYTES.getVolatile(begun, operation);
  }

  /** How often a device went on with it. */
  int continued(int operation) {
    return (byte) BYTES.getVolatile(continued, operation);
  }

  int ended(int operation) {
    return (byte) BYTES.getVolatile(ended, operation);
  }

  /** How it ended; null if it has not, or nobody was told. */
  @Nullable TransferResult result(int operation) {
    final byte result = (byte) BYTES.getVolatile(results, operation);
    return ended(operation) == 0 || result == UNTOLD ? null : RESULTS[result];
  }

  /** Whether a device touched one before it touched another for the last time. */
  boolean begunBefore(int child, int parent) {
    final long first = (long) LONGS.getVolatile(firstBegun, child);
    return first != 0 && first < (long) LONGS.getVolatile(lastBegun, parent);
  }

  long submissions() {
    return submissions.get();
  }

  long endings() {
    return endings.get();
  }

  /** Operations handed over that have not ended. */
  long inFlight() {
    return submissions.get() - endings.get();
  }

  /** Operations handed over that have not ended, by number; the first so many. */
  List<Integer> lost(int most) {
    final List<Integer> lost = new ArrayList<>();
    for (int i = 0; i < submitted.length && lost.size() < most; i++) {
      if (isSubmitted(i) && ended(i) == 0) {
        lost.add(i);
      }
    }
    return lost;
  }
}
