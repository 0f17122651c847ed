package io.asynctx.dmaengine.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What was submitted to a channel and is not issued: pushed one by one by many threads, taken all
 * at once by the holder of the issue lock. A descriptor is on at most one queue or list at a time,
 * so the link lies in it and nothing is allocated.
 *
 * <pre>
 *  field    written by                mode      read by     mode
 *  top      pusher, taker             CAS       anyone      volatile
 *  asked    whoever asks for issuing  release   pusher      volatile
 *  d.next   the pusher, before CAS    plain     taker       after its CAS
 * </pre>
 *
 * <p>The top is {@code count(32) | descriptor(32)}. The count is one up with each push and is kept
 * when everything is taken. So it counts submissions whoever takes them and when: what is taken
 * early, together with a batch that somebody else was to issue, still counts towards its own. And a
 * top that was taken and has come back (ABA) is not mistaken.
 *
 * <p>There is no half-linked state: a pusher stopped at any point has either published its
 * descriptor whole or not at all, so a taker never waits for one.
 *
 * <p>Both CAS are full fences: what a pusher reads after {@link #push} (the gate) is ordered
 * against what the taker wrote before {@link #takeAll}.
 */
final class SubmitQueue {

  private static final VarHandle TOP;
  private static final VarHandle ASKED;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      TOP = lookup.findVarHandle(SubmitQueue.class, "top", long.class);
      ASKED = lookup.findVarHandle(SubmitQueue.class, "asked", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The descriptor of a number of {@link Edges}. */
  private final IntFunction<Descriptor> descriptors;

  private volatile long top;
  private volatile int asked;

  SubmitQueue(IntFunction<Descriptor> descriptors) {
    this.descriptors = descriptors;
  }

  private static int count(long top) {
    return (int) (top >>> 32);
  }

  private @Nullable Descriptor first(long top) {
    final int id = (int) top;
    return id == 0 ? null : descriptors.apply(id);
  }

  /**
   * Adds a descriptor.
   *
   * @return how many were submitted since issuing was asked for
   */
  int push(Descriptor d) {
    final int id = Edges.id(d, 0);
    long seen;
    int count;
    do {
      seen = top;
      d.next = first(seen);
      count = count(seen) + 1;
    } while (!TOP.compareAndSet(this, seen, (long) count << 32 | id));
    return count - asked;
  }

  /** Issuing is asked for, of everything that lies here now. */
  void ask() {
    ASKED.setRelease(this, count(top));
  }

  /** Takes everything, oldest first, linked by {@code next}; null if there is nothing. */
  @Nullable Descriptor takeAll() {
    long seen;
    do {
      seen = top;
      if ((int) seen == 0) {
        return null;
      }
    } while (!TOP.compareAndSet(this, seen, (long) count(seen) << 32));
    Descriptor oldest = null;
    Descriptor d = first(seen);
    while (d != null) {
      final Descriptor below = d.next;
      d.next = oldest;
      oldest = d;
      d = below;
    }
    return oldest;
  }

  boolean empty() {
    return (int) top == 0;
  }
}
