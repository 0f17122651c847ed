package io.asynctx.dmaengine.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Descriptors handed from many threads to one: pushed one by one, taken all at once. A descriptor
 * is on at most one stack or list at a time, so the link lies in it and nothing is allocated.
 *
 * <pre>
 *  field   written by                mode   read by              mode
 *  top     any pusher                CAS    taker                getAndSet
 *          the taker, to null        XCHG   anyone, for empty()  volatile
 *  d.next  the pusher, before CAS    plain  taker                after its XCHG
 * </pre>
 *
 * <p>There is no half-linked state: a pusher stopped at any point has either published its
 * descriptor whole or not at all, so a taker never waits for one, and {@code top == null} is all
 * there is to being empty. Nothing is popped singly, so a recycled descriptor that comes back (ABA)
 * is harmless: the push links to whatever is on top, and it is.
 *
 * <p>Both CAS and XCHG are full fences: what a pusher reads after {@link #push} (the gate) is
 * ordered against what the taker wrote before {@link #takeAll}.
 */
final class DescriptorStack {

  private static final VarHandle TOP;

  static {
    try {
      TOP = MethodHandles.lookup().findVarHandle(DescriptorStack.class, "top", Descriptor.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings("unused") // written through TOP
  private volatile @Nullable Descriptor top;

  /** Adds a descriptor. */
  void push(Descriptor d) {
    Descriptor seen;
    do {
      seen = top;
      d.next = seen;
    } while (!TOP.compareAndSet(this, seen, d));
  }

  /** Takes everything, oldest first, linked by {@code next}; null if there is nothing. */
  @Nullable Descriptor takeAll() {
    Descriptor d = (Descriptor) TOP.getAndSet(this, (Descriptor) null);
    Descriptor oldest = null;
    while (d != null) {
      final Descriptor below = d.next;
      d.next = oldest;
      oldest = d;
      d = below;
    }
    return oldest;
  }

  boolean empty() {
    return top == null;
  }
}
