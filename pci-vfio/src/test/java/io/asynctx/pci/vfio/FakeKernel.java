package io.asynctx.pci.vfio;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Behaves like Linux with one function behind VFIO, refusals included. Offsets and numbers are
 * written from the kernel's header a second time, so that a slip in {@link Vfio} shows.
 *
 * <p>Threading: any thread; one monitor.
 */
final class FakeKernel implements SystemCalls {

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final long CONFIG_OFFSET = 0x70000000000L;
  private static final long PAGE = 4096;

  /** What open of a path says instead of giving a descriptor. */
  final Map<String, Integer> refusals = new HashMap<>();

  final Map<String, Integer> ioctlRefusals = new HashMap<>();
  final byte[] config = new byte[4096];
  final MemorySegment bar = Arena.ofAuto().allocate(16384, PAGE);
  final TreeMap<Long, long[]> maps = new TreeMap<>();
  final List<String> log = new ArrayList<>();
  boolean viable = true;
  boolean type1 = true;
  boolean tellsRanges = true;
  boolean canReset = true;
  int vectors = 4;
  int vectorsLeft = 4;
  long configSize = 4096;
  long lockedLimit = Long.MAX_VALUE;
  int mapLimit = 65535;

  private final Map<Integer, Object> open = new TreeMap<>();
  private final Map<Integer, Integer> irqs = new HashMap<>();
  private int requestCounter = -1;
  private int next = 100;

  private enum Kind {
    CONTAINER,
    GROUP,
    DEVICE
  }

  private static final class Counter {
    long count;
  }

  private boolean joined;
  private boolean iommu;

  synchronized int descriptors() {
    return open.size();
  }

  private int add(Object what) {
    open.put(next, what);
    return next++;
  }

  @Override
  public synchronized int open(String path) {
    final Integer refusal = refusals.get(path.substring(path.lastIndexOf('/') + 1));
    if (refusal != null) {
      return -refusal;
    }
    if (path.endsWith("/vfio")) {
      return add(Kind.CONTAINER);
    }
    return open.containsValue(Kind.GROUP) ? -16 : add(Kind.GROUP);
  }

  @Override
  public synchronized int close(int fd) {
    final Object what = open.remove(fd);
    if (what == null) {
      throw new AssertionError("closed twice, or never opened: fd=" + fd);
    }
    if (what == Kind.DEVICE) {
      irqs.clear();
      requestCounter = -1;
    } else if (what == Kind.GROUP) {
      joined = false;
    } else if (what == Kind.CONTAINER) {
      iommu = false;
      maps.clear();
    }
    return 0;
  }

  @Override
  public synchronized int ioctl(int fd, int request, long argument) {
    final Integer refusal = ioctlRefusals.get("%x".formatted(request));
    if (refusal != null) {
      return -refusal;
    }
    final Object what = open.get(fd);
    return switch (request) {
      case 0x3b64 -> what == Kind.CONTAINER ? 0 : -25;
      case 0x3b65 -> type1 && (argument == 1 || argument == 3) ? 1 : 0;
      case 0x3b66 -> setIommu();
      case 0x3b67 -> groupStatus(at(argument, 8));
      case 0x3b68 -> join(at(argument, 4).get(INT, 0));
      case 0x3b6a -> device(argument);
      case 0x3b6b -> deviceInfo(at(argument, 20));
      case 0x3b6c -> regionInfo(at(argument, 32));
      case 0x3b6d -> irqInfo(at(argument, 16));
      case 0x3b6e -> setIrqs(argument);
      case 0x3b6f -> reset();
      case 0x3b70 -> iommuInfo(argument);
      case 0x3b71 -> map(at(argument, 32));
      case 0x3b72 -> unmap(at(argument, 24));
      default -> -25;
    };
  }

  @SuppressWarnings("restricted") // a kernel reads what it is pointed to
  private static MemorySegment at(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  private int setIommu() {
    if (!joined) {
      return -22; // a container without a group has no IOMMU to choose
    }
    iommu = true;
    return 0;
  }

  private int groupStatus(MemorySegment s) {
    if (s.get(INT, 0) < 8) {
      return -22;
    }
    s.set(INT, 4, (viable ? 1 : 0) | (joined ? 2 : 0));
    return 0;
  }

  private int join(int container) {
    if (open.get(container) != Kind.CONTAINER) {
      return -9;
    }
    if (!viable) {
      return -1;
    }
    joined = true;
    return 0;
  }

  private int device(long name) {
    if (!iommu) {
      return -22;
    }
    return at(name, 64).getString(0).equals(FakeSysfs.IOAT) ? add(Kind.DEVICE) : -19;
  }

  private int deviceInfo(MemorySegment s) {
    if (s.get(INT, 0) < 16) {
      return -22;
    }
    s.set(INT, 4, 2 | (canReset ? 1 : 0));
    s.set(INT, 8, 9);
    s.set(INT, 12, 5);
    return 0;
  }

  private int regionInfo(MemorySegment s) {
    if (s.get(INT, 0) < 32) {
      return -22;
    }
    final int index = s.get(INT, 8);
    final boolean configuration = index == 7;
    s.set(INT, 4, configuration ? 3 : index == 0 ? 7 : 0);
    s.set(LONG, 16, configuration ? configSize : index == 0 ? bar.byteSize() : 0);
    s.set(LONG, 24, configuration ? CONFIG_OFFSET : (long) index << 40);
    return 0;
  }

  private int irqInfo(MemorySegment s) {
    final int index = s.get(INT, 8);
    s.set(INT, 4, 9);
    s.set(INT, 12, index == 2 ? vectors : index == 4 ? 1 : 0);
    return 0;
  }

  private int setIrqs(long argument) {
    final MemorySegment head = at(argument, 20);
    final int flags = head.get(INT, 4);
    final int index = head.get(INT, 8);
    final int count = head.get(INT, 16);
    if (flags == 0x21 && count == 0) {
      irqs.clear();
      log.add("irqs off");
      return 0;
    }
    if (flags != 0x24 || head.get(INT, 0) != 20 + 4 * count) {
      return -22;
    }
    final MemorySegment all = at(argument, 20 + 4L * count);
    if (index == 4) {
      requestCounter = all.get(INT, 20);
      return 0;
    }
    if (count > vectorsLeft) {
      return vectorsLeft;
    }
    for (int i = 0; i < count; i++) {
      irqs.put(i, all.get(INT, 20 + 4L * i));
    }
    return 0;
  }

  private int reset() {
    log.add("reset, " + maps.size() + " maps, " + irqs.size() + " irqs, master=" + master());
    return canReset ? 0 : -25;
  }

  boolean master() {
    return (config[4] & 4) != 0;
  }

  private int iommuInfo(long argument) {
    final int size = at(argument, 4).get(INT, 0);
    if (size < 16) {
      return -22;
    }
    final MemorySegment s = at(argument, size);
    s.set(LONG, 8, 0x40201000L);
    s.set(INT, 4, tellsRanges ? 3 : 1);
    if (tellsRanges) {
      // an unknown capability first, then two ranges around the window of the interrupts
      s.set(INT, 16, 24);
      s.set(INT, 24, 3 | 1 << 16);
      s.set(INT, 28, 40);
      s.set(INT, 40, 1 | 1 << 16);
      s.set(INT, 44, 0);
      s.set(INT, 48, 2);
      s.set(LONG, 56, 0);
      s.set(LONG, 64, 0xfedfffffL);
      s.set(LONG, 72, 0xfef00000L);
      s.set(LONG, 80, (1L << 39) - 1);
    }
    return 0;
  }

  private int map(MemorySegment s) {
    final long[] map = {s.get(LONG, 8), s.get(LONG, 24), s.get(INT, 4)};
    final long iova = s.get(LONG, 16);
    if (!iommu || map[1] <= 0 || ((map[0] | map[1] | iova) & PAGE - 1) != 0) {
      return -22;
    }
    final var before = maps.floorEntry(iova + map[1] - 1);
    if (before != null && before.getKey() + before.getValue()[1] > iova) {
      return -17;
    }
    if (maps.size() >= mapLimit) {
      return -28;
    }
    if (maps.values().stream().mapToLong(m -> m[1]).sum() + map[1] > lockedLimit) {
      return -12;
    }
    maps.put(iova, map);
    return 0;
  }

  private int unmap(MemorySegment s) {
    final long[] map = maps.get(s.get(LONG, 8));
    if (map == null || map[1] != s.get(LONG, 16)) {
      return -22; // version 2 cuts no mapping in two
    }
    maps.remove(s.get(LONG, 8));
    return 0;
  }

  @Override
  public synchronized long pread(int fd, MemorySegment to, long offset) {
    final int at = (int) (offset - CONFIG_OFFSET);
    MemorySegment.copy(config, at, to, ValueLayout.JAVA_BYTE, 0, (int) to.byteSize());
    return to.byteSize();
  }

  @Override
  public synchronized long pwrite(int fd, MemorySegment from, long offset) {
    final int at = (int) (offset - CONFIG_OFFSET);
    MemorySegment.copy(from, ValueLayout.JAVA_BYTE, 0, config, at, (int) from.byteSize());
    log.add("config %x width %d".formatted(at, from.byteSize()));
    return from.byteSize();
  }

  @Override
  public synchronized long mmap(int fd, long size, long offset) {
    final Integer refusal = ioctlRefusals.get("mmap");
    if (refusal != null) {
      return -refusal;
    }
    log.add("mmap");
    return offset == 0 && size <= bar.byteSize() ? bar.address() : -22;
  }

  @Override
  public synchronized int munmap(long address, long size) {
    log.add("munmap");
    return 0;
  }

  @Override
  public synchronized int eventfd() {
    final Integer refusal = ioctlRefusals.get("eventfd");
    return refusal != null ? -refusal : add(new Counter());
  }

  @Override
  public synchronized int poll(MemorySegment pollfds, int count, int timeoutMillis) {
    final long end = System.nanoTime() + timeoutMillis * 1_000_000L;
    while (true) {
      int ready = 0;
      for (int i = 0; i < count; i++) {
        final Object what = open.get(pollfds.get(INT, 8L * i));
        final boolean readable = what == null || ((Counter) what).count > 0;
        pollfds.set(ValueLayout.JAVA_SHORT_UNALIGNED, 8L * i + 6, (short) (readable ? 1 : 0));
        ready += readable ? 1 : 0;
      }
      final long left = (end - System.nanoTime()) / 1_000_000;
      if (ready > 0 || left <= 0) {
        return ready;
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return -1;
      }
    }
  }

  @Override
  public synchronized int take(int fd, MemorySegment eight) {
    final Counter counter = (Counter) open.get(fd);
    if (counter == null || counter.count == 0) {
      return -1;
    }
    eight.set(LONG, 0, counter.count);
    counter.count = 0;
    return 8;
  }

  @Override
  public synchronized int add(int fd, MemorySegment eight) {
    final Counter counter = (Counter) open.get(fd);
    if (counter == null) {
      throw new AssertionError("signalled after close: fd=" + fd);
    }
    counter.count += eight.get(LONG, 0);
    notifyAll();
    return 8;
  }

  /** The function interrupts. */
  synchronized void interrupt(int vector) {
    final Integer fd = irqs.get(vector);
    if (fd != null) {
      ((Counter) open.get(fd)).count++;
      notifyAll();
    }
  }

  /** The host wants the function back. */
  synchronized void request() {
    ((Counter) open.get(requestCounter)).count++;
    notifyAll();
  }
}
