package io.asynctx.models.vfiouser;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * Memory that a peer has mapped for the device: ranges of addresses, each a window of a file of the
 * peer's, or, without a file, reached by messages.
 *
 * <p>A file is mapped into this process once, however many windows it has, and only if it is sealed
 * against shrinking: touching a mapping of a file that was made shorter kills a process. Other
 * files are read and written by system calls, for which a lost page is an error like any other.
 *
 * <p>Threading: any thread. Accesses share a lock and changes take it alone, so no access of a
 * window is on its way when its unmap returns. Messages are sent under no lock.
 */
final class PeerMemory {
  static final long PAGE_BYTES = 4096;
  static final int MAX_WINDOWS = 65535;
  static final int READABLE = 1;
  static final int WRITABLE = 2;

  private static final int EEXIST = 17;
  private static final int ENOSPC = 28;

  private static final VarHandle LONG =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  /** How memory without a file is reached. */
  interface Messages {
    boolean read(long iova, byte[] to, int offset, int length);

    boolean write(long iova, byte[] from, int offset, int length);
  }

  /** A file of the peer's: mapped, or, if it may shrink, open. */
  private static final class Backing {
    final Libc.FileId id;
    final int fd;
    final @Nullable MemorySegment mapping;
    int windows;

    Backing(Libc.FileId id, int fd, @Nullable MemorySegment mapping) {
      this.id = id;
      this.fd = fd;
      this.mapping = mapping;
    }

    boolean read(long offset, byte[] to, int at, int length) {
      if (mapping != null) {
        MemorySegment.copy(mapping, ValueLayout.JAVA_BYTE, offset, to, at, length);
        return true;
      }
      try (Arena arena = Arena.ofConfined()) {
        final MemorySegment bytes = arena.allocate(length);
        if (Libc.readAt(fd, bytes, length, offset) != length) {
          return false;
        }
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, to, at, length);
        return true;
      }
    }

    boolean write(long offset, byte[] from, int at, int length) {
      if (mapping != null) {
        MemorySegment.copy(from, at, mapping, ValueLayout.JAVA_BYTE, offset, length);
        return true;
      }
      try (Arena arena = Arena.ofConfined()) {
        final MemorySegment bytes = arena.allocate(length);
        MemorySegment.copy(from, at, bytes, ValueLayout.JAVA_BYTE, 0, length);
        return offset + length <= sizeNow() && Libc.writeAt(fd, bytes, length, offset) == length;
      }
    }

    /** A write must not make a file longer that its owner made shorter. */
    private long sizeNow() {
      try {
        return Libc.identify(fd).size();
      } catch (IOException e) {
        return 0;
      }
    }

    void close() {
      if (mapping != null) {
        Libc.unmap(mapping);
      } else {
        Libc.close(fd);
      }
    }
  }

  private record Window(long iova, long size, int flags, @Nullable Backing backing, long offset) {}

  private final Messages messages;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final TreeMap<Long, Window> windows = new TreeMap<>(Long::compareUnsigned);
  private final Map<Libc.FileId, Backing> backings = new HashMap<>();

  PeerMemory(Messages messages) {
    this.messages = messages;
  }

  /**
   * Makes a range reachable.
   *
   * @param fd of the file, taken over in any case; -1 for none
   * @return 0, or an errno
   */
  int map(long iova, long size, int flags, int fd, long offset) {
    lock.writeLock().lock();
    boolean kept = false;
    try {
      final boolean aligned = (iova | size | offset) % PAGE_BYTES == 0;
      // The end is compared unsigned, and may be the end of the address space.
      if (!aligned
          || size <= 0
          || offset < 0
          || Long.compareUnsigned(iova + (size - 1), iova) < 0
          || (flags & ~(READABLE | WRITABLE)) != 0) {
        return Libc.EINVAL;
      }
      if (windows.size() >= MAX_WINDOWS) {
        return ENOSPC;
      }
      if (overlaps(iova, size)) {
        return EEXIST;
      }
      Backing backing = null;
      if (fd >= 0) {
        backing = backing(fd);
        kept = backing.fd == fd;
        if (offset > backing.id.size() - size) {
          release(backing);
          return Libc.EINVAL;
        }
        backing.windows++;
      }
      windows.put(iova, new Window(iova, size, flags, backing, offset));
      return 0;
    } catch (IOException e) {
      return Libc.EINVAL;
    } finally {
      if (fd >= 0 && !kept) {
        Libc.close(fd);
      }
      lock.writeLock().unlock();
    }
  }

  private boolean overlaps(long iova, long size) {
    final Map.Entry<Long, Window> before = windows.floorEntry(iova + (size - 1));
    if (before == null) {
      return false;
    }
    final Window window = before.getValue();
    return Long.compareUnsigned(window.iova + (window.size - 1), iova) >= 0;
  }

  /** The file behind a descriptor; the descriptor is kept only if the file is not mapped. */
  private Backing backing(int fd) throws IOException {
    final Libc.FileId id = Libc.identify(fd);
    final Backing known = backings.get(id);
    if (known != null) {
      return known;
    }
    final boolean safe = Libc.cannotShrink(fd);
    final Backing made =
        new Backing(id, safe ? -1 : fd, safe ? Libc.map(fd, id.size(), true) : null);
    backings.put(id, made);
    return made;
  }

  private void release(Backing backing) {
    if (backing.windows == 0) {
      backings.remove(backing.id);
      backing.close();
    }
  }

  /** Ends every window that lies inside a range, as many as there are. */
  void unmap(long iova, long size) {
    if (size <= 0) {
      return;
    }
    lock.writeLock().lock();
    try {
      // Up to the end of the address space: a peer sends ranges of powers of two.
      final long last = iova + (size - 1);
      final boolean wraps = Long.compareUnsigned(last, iova) < 0;
      final Map<Long, Window> inside = windows.subMap(iova, true, wraps ? -1L : last, true);
      inside
          .values()
          .removeIf(w -> {
            final boolean whole = wraps || Long.compareUnsigned(w.iova + (w.size - 1), last) <= 0;
            if (whole) {
              forget(w);
            }
            return whole;
          });
    } finally {
      lock.writeLock().unlock();
    }
  }

  void unmapAll() {
    lock.writeLock().lock();
    try {
      windows.values().forEach(this::forget);
      windows.clear();
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void forget(Window window) {
    final Backing backing = window.backing;
    if (backing != null) {
      backing.windows--;
      release(backing);
    }
  }

  int windows() {
    lock.readLock().lock();
    try {
      return windows.size();
    } finally {
      lock.readLock().unlock();
    }
  }

  boolean read(long iova, byte[] to, int length) {
    return access(iova, to, length, READABLE);
  }

  boolean write(long iova, byte[] from, int length) {
    return access(iova, from, length, WRITABLE);
  }

  private boolean access(long iova, byte[] bytes, int length, int right) {
    int done = 0;
    while (done < length) {
      final int piece = piece(iova + done, bytes, done, length - done, right);
      if (piece == 0) {
        return false;
      }
      done += piece;
    }
    return true;
  }

  /** Transfers what lies in one window; 0 if it is none, or may not be touched like this. */
  private int piece(long iova, byte[] bytes, int at, int length, int right) {
    final int count;
    lock.readLock().lock();
    try {
      final Window window = find(iova, right);
      if (window == null) {
        return 0;
      }
      final long inside = iova - window.iova;
      count = (int) Math.min(length, window.size - inside);
      final Backing backing = window.backing;
      if (backing != null) {
        final boolean moved =
            right == READABLE
                ? backing.read(window.offset + inside, bytes, at, count)
                : backing.write(window.offset + inside, bytes, at, count);
        return moved ? count : 0;
      }
    } finally {
      lock.readLock().unlock();
    }
    final boolean moved =
        right == READABLE
            ? messages.read(iova, bytes, at, count)
            : messages.write(iova, bytes, at, count);
    return moved ? count : 0;
  }

  private @Nullable Window find(long iova, int right) {
    final Map.Entry<Long, Window> entry = windows.floorEntry(iova);
    if (entry == null) {
      return null;
    }
    final Window window = entry.getValue();
    final boolean inside =
        Long.compareUnsigned(iova - window.iova, window.size) < 0 && (window.flags & right) != 0;
    return inside ? window : null;
  }

  /** Eight bytes at once where the file is mapped; elsewhere the peer may see them torn. */
  boolean writeLong(long iova, long value) {
    lock.readLock().lock();
    try {
      final Window window = find(iova, WRITABLE);
      if (window == null) {
        return false;
      }
      final Backing backing = window.backing;
      if (backing != null && backing.mapping != null) {
        LONG.setRelease(backing.mapping, window.offset + (iova - window.iova), value);
        return true;
      }
    } finally {
      lock.readLock().unlock();
    }
    return write(iova, Message.buffer(Long.BYTES).putLong(value).array(), Long.BYTES);
  }
}
