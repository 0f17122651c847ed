package io.asynctx.bench.peer.library;

import java.util.concurrent.locks.LockSupport;

/**
 * Stops a thread that would spin, while others are measured.
 *
 * <pre>
 *  field   written by     mode      read by     mode
 *  closed  the sampler    volatile  the thread  volatile
 * </pre>
 */
final class Gate {

  private final Thread thread;
  private volatile boolean closed = true;

  Gate(Thread thread) {
    this.thread = thread;
  }

  void open() {
    if (closed) {
      closed = false;
      LockSupport.unpark(thread);
    }
  }

  void close() {
    closed = true;
  }

  /** Called by the thread whenever it finds nothing to do. */
  void pass() {
    while (closed) {
      LockSupport.park(this);
      if (Thread.currentThread().isInterrupted()) {
        return;
      }
    }
  }
}
