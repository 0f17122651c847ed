package io.asynctx.models.vfiouser;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The interrupts of a function, each with the eventfd that its peer waits at.
 *
 * <p>Threading: any thread.
 */
final class Irqs {
  static final int LINE = 0;
  static final int MSI = 1;
  static final int MSIX = 2;
  static final int ERROR = 3;
  static final int REQUEST = 4;
  static final int KINDS = 5;

  private static final int NONE = -1;
  private static final int DATA_NONE = 0x01;
  private static final int DATA_EVENTFD = 0x04;
  private static final int MASK = 0x08;
  private static final int UNMASK = 0x10;
  private static final int TRIGGER = 0x20;

  private final int[][] fds = new int[KINDS][];
  private final MemorySegment one = Arena.ofAuto().allocate(Long.BYTES, Long.BYTES);
  private boolean lineMasked;
  private boolean linePending;

  Irqs(int vectors) {
    final int[] counts = {1, 0, vectors, 1, 1};
    for (int i = 0; i < KINDS; i++) {
      fds[i] = new int[counts[i]];
      Arrays.fill(fds[i], NONE);
    }
    one.set(ValueLayout.JAVA_LONG, 0, 1);
  }

  int count(int kind) {
    return fds[kind].length;
  }

  /**
   * Takes an order of the peer's.
   *
   * @param given descriptors that came with it; those not kept are closed
   * @return 0, or an errno
   */
  synchronized int set(int flags, int kind, int start, int count, int[] given) {
    int kept = 0;
    try {
      if (kind < 0 || kind >= KINDS || start < 0 || count < 0 || start > fds[kind].length - count) {
        return Libc.EINVAL;
      }
      switch (flags) {
        case DATA_EVENTFD | TRIGGER -> {
          if (given.length != 0 && given.length != count || !allEventfds(given)) {
            return Libc.EINVAL;
          }
          for (int i = 0; i < count; i++) {
            replace(kind, start + i, given.length == 0 ? NONE : given[i]);
            kept = Math.min(i + 1, given.length);
          }
        }
        case DATA_NONE | TRIGGER -> {
          if (count == 0) {
            for (int i = 0; i < fds[kind].length; i++) {
              replace(kind, i, NONE);
            }
          }
          for (int i = 0; i < count; i++) {
            signal(fds[kind][start + i]);
          }
        }
        case DATA_NONE | MASK -> lineMasked |= kind == LINE;
        case DATA_NONE | UNMASK -> {
          if (kind == LINE) {
            unmaskLine();
          }
        }
        default -> {
          return Libc.EINVAL;
        }
      }
      return 0;
    } finally {
      FdSocket.closeAll(Arrays.copyOfRange(given, kept, given.length));
    }
  }

  /** A peer must not make us wait in a write to something else, nor to a full eventfd. */
  private static boolean allEventfds(int[] given) {
    try {
      for (int fd : given) {
        final Path link = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd));
        if (!link.toString().equals("anon_inode:[eventfd]")) {
          return false;
        }
        Libc.doNotBlock(fd);
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void replace(int kind, int index, int fd) {
    if (fds[kind][index] != NONE) {
      Libc.close(fds[kind][index]);
    }
    fds[kind][index] = fd;
    if (kind == LINE) {
      lineMasked = false;
      linePending = false;
    }
  }

  synchronized void raiseVector(int vector) {
    signal(fds[MSIX][vector]);
  }

  /** A line interrupt masks itself until the peer has served it. */
  synchronized void raiseLine() {
    if (lineMasked) {
      linePending = true;
    } else if (fds[LINE][0] != NONE) {
      lineMasked = true;
      signal(fds[LINE][0]);
    }
  }

  private void unmaskLine() {
    lineMasked = false;
    if (linePending) {
      linePending = false;
      raiseLine();
    }
  }

  private void signal(int fd) {
    if (fd != NONE) {
      Libc.write(fd, one, Long.BYTES); // a full counter has told its peer already
    }
  }

  /** Closes every descriptor; interrupts are lost from now on. */
  synchronized void close() {
    for (int kind = 0; kind < KINDS; kind++) {
      for (int i = 0; i < fds[kind].length; i++) {
        replace(kind, i, NONE);
      }
    }
  }
}
