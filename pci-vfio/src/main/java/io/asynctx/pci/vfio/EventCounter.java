package io.asynctx.pci.vfio;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A counter of the kernel that somebody waits for: an interrupt. It is closed only when nobody
 * waits and nobody signals, since its number might be another file's by then.
 *
 * <pre>
 *  field     written by   mode       read by            mode
 *  closed    closer       volatile   who waits          volatile, before and after each wait
 *  shut      closer       monitor    who signals        monitor
 * </pre>
 *
 * <p>Threading: any thread; of those that wait, one after another.
 */
final class EventCounter implements AutoCloseable {

  /** A thread in the kernel does not notice that it is interrupted; so long at most. */
  private static final long SLICE_MILLIS = 100;

  private final SystemCalls calls;
  private final int fd;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment pollfd;
  private final MemorySegment taken;
  private final ReentrantLock waiting = new ReentrantLock();
  private volatile boolean closed;
  private boolean shut;

  private EventCounter(SystemCalls calls, int fd) {
    this.calls = calls;
    this.fd = fd;
    pollfd = arena.allocate(Vfio.POLLFD_BYTES, Vfio.EIGHT);
    pollfd.set(JAVA_INT, 0, fd);
    pollfd.set(JAVA_SHORT, Vfio.POLL_EVENTS_AT, Vfio.POLLIN);
    taken = arena.allocate(JAVA_LONG);
  }

  /**
   * A counter of 0.
   *
   * @param calls the kernel
   * @return to be closed
   * @throws IllegalStateException if there is none left
   */
  static EventCounter open(SystemCalls calls) {
    final int fd = calls.eventfd();
    if (fd < 0) {
      throw new IllegalStateException(
          "no eventfd: error=" + Errno.name(fd) + "; raise the limit of open files (ulimit -n)");
    }
    return new EventCounter(calls, fd);
  }

  /**
   * Its descriptor, for the kernel to signal.
   *
   * @return good until close
   */
  int fd() {
    return fd;
  }

  /** Signals it. Does nothing once it is closed. */
  synchronized void signal() {
    if (!shut) {
      try (Arena one = Arena.ofConfined()) {
        calls.add(fd, one.allocateFrom(JAVA_LONG, 1));
      }
    }
  }

  /**
   * Whether there are signals to take. Takes none.
   *
   * @return false also if it is closed
   */
  boolean isSignalled() {
    waiting.lock();
    try {
      return !closed && calls.poll(pollfd, 1, 0) > 0;
    } finally {
      waiting.unlock();
    }
  }

  /** Takes all signals there are, and waits for none. */
  void drain() {
    waiting.lock();
    try {
      if (!closed) {
        calls.take(fd, taken);
      }
    } finally {
      waiting.unlock();
    }
  }

  /**
   * Waits until one of several is signalled or closed. Takes nothing.
   *
   * @param calls the kernel
   * @param counters to wait for
   * @param timeoutMillis at most
   */
  static void awaitAny(SystemCalls calls, List<EventCounter> counters, int timeoutMillis) {
    final List<EventCounter> held = new ArrayList<>();
    try (Arena scratch = Arena.ofConfined()) {
      final MemorySegment pollfds =
          scratch.allocate((long) counters.size() * Vfio.POLLFD_BYTES, Vfio.EIGHT);
      for (EventCounter counter : counters) {
        counter.waiting.lock();
        held.add(counter);
        if (counter.closed) {
          return;
        }
        MemorySegment.copy(
            counter.pollfd, 0, pollfds, (held.size() - 1L) * Vfio.POLLFD_BYTES, Vfio.POLLFD_BYTES);
      }
      calls.poll(pollfds, counters.size(), timeoutMillis);
    } finally {
      held.forEach(c -> c.waiting.unlock());
    }
  }

  /**
   * Waits for signals and takes all there are.
   *
   * @param timeoutNanos at most
   * @return true iff there was one
   * @throws InterruptedException if interrupted
   */
  boolean await(long timeoutNanos) throws InterruptedException {
    final long deadline = System.nanoTime() + timeoutNanos;
    waiting.lockInterruptibly();
    try {
      long left = timeoutNanos;
      do {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        if (closed) {
          return false;
        }
        if (calls.poll(pollfd, 1, millis(left)) > 0) {
          return !closed && calls.take(fd, taken) > 0;
        }
        left = deadline - System.nanoTime();
      } while (left > 0);
      return false;
    } finally {
      waiting.unlock();
    }
  }

  /** Rounded up, so that the last slice does not spin. */
  private static int millis(long nanos) {
    final long millis = TimeUnit.NANOSECONDS.toMillis(Math.max(0, nanos) + 999_999);
    return (int) Math.min(SLICE_MILLIS, millis);
  }

  /** Who waits is told by a false. Closing again does nothing. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    signal();
    waiting.lock();
    try {
      synchronized (this) {
        shut = true;
        calls.close(fd);
      }
      arena.close();
    } finally {
      waiting.unlock();
    }
  }
}
