package io.asynctx.models;

import io.asynctx.dmaengine.bus.DmaDirection;
import io.asynctx.dmaengine.bus.DmaMappingException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Memory of this JVM that a model can reach: the IOMMU of an emulated function. Exactly the bytes
 * that were mapped are reachable, in the direction that was said; everything else is a fault.
 *
 * <p>Threading: any thread. Accesses share a lock and mapping takes it alone, so an access has
 * ended when {@link #unmap} returns.
 */
final class DmaWindows {
  private static final Logger LOG = LoggerFactory.getLogger(DmaWindows.class);

  /** Unit of mapping, in bytes. */
  static final long PAGE_BYTES = 4096;

  /** Above what a 32-bit register can hold, so that a lost high half shows. */
  private static final long FIRST_IOVA = 0x1_0000_0000L;

  private static final VarHandle LONG =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  private record Window(long iova, MemorySegment memory, boolean readable, boolean writable) {
    long end() {
      return iova + memory.byteSize();
    }
  }

  private final int capacity;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final TreeMap<Long, Window> windows = new TreeMap<>();
  private long nextIova = FIRST_IOVA;

  /**
   * Empty.
   *
   * @param capacity most mappings at a time
   */
  DmaWindows(int capacity) {
    this.capacity = capacity;
  }

  /**
   * Maps. Addresses are not used twice, so that a stale one is a fault, and between two mappings
   * lies a page that is none.
   */
  long map(MemorySegment memory, DmaDirection direction, String function) {
    lock.writeLock().lock();
    try {
      if (windows.size() >= capacity) {
        throw new DmaMappingException(
            "no room for another DMA mapping: function="
                + function
                + ", mappings="
                + windows.size()
                + "; unmap some, or map larger pieces");
      }
      final long inPage = memory.address() % PAGE_BYTES;
      final long iova = nextIova + inPage;
      final long pages = (inPage + memory.byteSize() + PAGE_BYTES - 1) / PAGE_BYTES;
      nextIova += (pages + 1) * PAGE_BYTES;
      windows.put(
          iova,
          new Window(
              iova,
              memory,
              direction != DmaDirection.FROM_DEVICE,
              direction != DmaDirection.TO_DEVICE));
      return iova;
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Ends a mapping; false iff there is none at this address. */
  boolean unmap(long iova) {
    lock.writeLock().lock();
    try {
      return windows.remove(iova) != null;
    } finally {
      lock.writeLock().unlock();
    }
  }

  void unmapAll() {
    lock.writeLock().lock();
    try {
      windows.clear();
    } finally {
      lock.writeLock().unlock();
    }
  }

  boolean read(long iova, byte[] to, int length) {
    lock.readLock().lock();
    try {
      final Window window = find(iova, length);
      if (window == null || !window.readable) {
        return false;
      }
      MemorySegment.copy(window.memory, ValueLayout.JAVA_BYTE, iova - window.iova, to, 0, length);
      return true;
    } catch (IllegalStateException e) {
      return closedUnderUs(iova, e);
    } finally {
      lock.readLock().unlock();
    }
  }

  boolean write(long iova, byte[] from, int length) {
    lock.readLock().lock();
    try {
      final Window window = find(iova, length);
      if (window == null || !window.writable) {
        return false;
      }
      MemorySegment.copy(from, 0, window.memory, ValueLayout.JAVA_BYTE, iova - window.iova, length);
      return true;
    } catch (IllegalStateException e) {
      return closedUnderUs(iova, e);
    } finally {
      lock.readLock().unlock();
    }
  }

  boolean writeLong(long iova, long value) {
    lock.readLock().lock();
    try {
      final Window window = find(iova, Long.BYTES);
      if (window == null || !window.writable) {
        return false;
      }
      // Pairs with the acquire read of whoever waits for a completion.
      LONG.setRelease(window.memory, iova - window.iova, value);
      return true;
    } catch (IllegalStateException e) {
      return closedUnderUs(iova, e);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Mapped memory was closed: a device would write to whoever has it next. Here it is a fault. */
  private static boolean closedUnderUs(long iova, IllegalStateException e) {
    LOG.error("memory was closed while it was mapped: iova={}", iova, e);
    return false;
  }

  /** The window that has all of the bytes; null if none has. */
  private @Nullable Window find(long iova, int length) {
    final Map.Entry<Long, Window> entry = windows.floorEntry(iova);
    if (entry == null) {
      return null;
    }
    final Window window = entry.getValue();
    return length <= window.end() - iova ? window : null;
  }
}
