package io.asynctx.dmaengine.engine;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Makes the memory of {@link Buffers} reachable for devices that need that: all of it, when a
 * channel is opened, and what comes later before anybody gets it. So no operation has to ask.
 *
 * <p>A driver is called under a lock of this class, which its removal waits for a moment only. A
 * driver that does not come back from a mapping keeps its thread, and what waits for that lock ends
 * with an error that says so; it counts as inside its driver, so that its channel is not closed
 * under it.
 *
 * <p>Threading: any thread.
 */
final class Mappings {
  private static final long PATIENCE_NANOS = 5_000_000_000L;

  private final ReentrantLock lock = new ReentrantLock();
  private final List<MemorySegment> memory = new ArrayList<>();
  private final List<Channel> channels = new ArrayList<>();

  /** Memory that nobody has yet. */
  void add(MemorySegment fresh) {
    take("new buffers");
    try {
      memory.add(fresh);
      for (Channel channel : channels) {
        map(channel, fresh);
      }
    } finally {
      lock.unlock();
    }
  }

  /** A channel that is not in use yet. */
  void join(Channel channel) {
    if (!channel.limits.mappedMemoryOnly()) {
      return;
    }
    take("channel " + channel.name);
    try {
      for (MemorySegment each : memory) {
        map(channel, each);
      }
      channels.add(channel);
    } finally {
      lock.unlock();
    }
  }

  /** A channel that is about to be closed, which unmaps everything. */
  void leave(Channel channel, long deadlineNanos) {
    if (!channel.limits.mappedMemoryOnly()) {
      return;
    }
    final boolean locked =
        Visit.patiently(nanos -> lock.tryLock(nanos, TimeUnit.NANOSECONDS), deadlineNanos);
    if (locked) {
      try {
        channels.remove(channel);
      } finally {
        lock.unlock();
      }
    }
    // Else a driver is inside a mapping. If it is this one, that shows in visited(); if another,
    // what comes later goes to the driver of one that has gone, which does nothing.
  }

  private void take(String what) {
    if (!Visit.patiently(
        nanos -> lock.tryLock(nanos, TimeUnit.NANOSECONDS), System.nanoTime() + PATIENCE_NANOS)) {
      throw new IllegalStateException(
          "a driver does not come back from mapping memory, so it cannot be mapped: for="
              + what
              + ", seconds="
              + TimeUnit.NANOSECONDS.toSeconds(PATIENCE_NANOS)
              + "; remove the device whose thread hangs");
    }
  }

  /** A driver that cannot refuses what names this memory later; here it is only counted. */
  private static void map(Channel channel, MemorySegment fresh) {
    channel.side().enters();
    try {
      channel.ops().map(fresh);
    } catch (Throwable e) {
      channel.fault(
          "memory not mapped: address=0x"
              + Long.toHexString(fresh.address())
              + ", bytes="
              + fresh.byteSize(),
          e);
    } finally {
      channel.side().leaves();
    }
  }
}
