package io.asynctx.dmaengine.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * What was issued on a channel and is not with its device, oldest first; linked through the
 * descriptors.
 *
 * <pre>
 *  field       written by         mode      read by  mode
 *  head, tail  issue lock holder  plain     same
 *  peek        issue lock holder  volatile  worker,  volatile
 *                                 or release  resumer
 * </pre>
 *
 * <p>What comes is shown by a volatile write: the issuer adds, then looks whether the channel is
 * active; whoever resumes it says that it is, then looks whether something waits. One of them sees
 * the other. What leaves is shown by release: a look that comes too late finds something that has
 * gone, and no harm is done.
 */
final class IssuedList {
  private static final VarHandle PEEK;

  static {
    try {
      PEEK = MethodHandles.lookup().findVarHandle(IssuedList.class, "peek", Descriptor.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private @Nullable Descriptor head;
  private @Nullable Descriptor tail;
  private volatile @Nullable Descriptor peek;

  /** Whether there is something; for who does not hold the issue lock. */
  boolean waiting() {
    return peek != null;
  }

  @Nullable Descriptor first() {
    return head;
  }

  /** Adds a linked list behind everything. */
  void append(Descriptor first) {
    if (tail == null) {
      head = first;
    } else {
      tail.next = first;
    }
    tail = last(first);
    peek = head;
  }

  /** Adds a linked list before everything. */
  void prepend(Descriptor first) {
    final Descriptor last = last(first);
    last.next = head;
    head = first;
    if (tail == null) {
      tail = last;
    }
    peek = head;
  }

  private static Descriptor last(Descriptor first) {
    Descriptor last = first;
    while (last.next != null) {
      last = last.next;
    }
    return last;
  }

  /** Takes the first off. */
  void removeFirst() {
    final Descriptor d = head;
    if (d == null) {
      return;
    }
    head = d.next;
    if (head == null) {
      tail = null;
    }
    PEEK.setRelease(this, head);
    d.next = null;
  }

  /** Takes all of it, linked. */
  @Nullable Descriptor takeAll() {
    final Descriptor first = head;
    head = null;
    tail = null;
    PEEK.setRelease(this, (Descriptor) null);
    return first;
  }
}
