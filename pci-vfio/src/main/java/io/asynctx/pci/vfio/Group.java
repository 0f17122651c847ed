package io.asynctx.pci.vfio;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.asynctx.dmaengine.bus.DmaMappingException;
import io.asynctx.dmaengine.bus.FunctionBusyException;
import io.asynctx.dmaengine.bus.PciIdentity;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An IOMMU group in use: its file, its container and what is mapped in it. The IOMMU tells
 * functions of one group not apart, so what is mapped for one of them is mapped for all.
 *
 * <p>Threading: any thread; a lock of its own guards the addresses.
 */
final class Group {

  private static final long SYSTEM_PAGE = 4096;

  /** Enough for all ranges a kernel tells of. */
  private static final int INFO_BYTES = 4096;

  /** What every IOMMU of x86 can translate, without the window of the interrupts. */
  private static final long[] USUAL_RANGES = {0, 0xfedf_ffffL, 0xfef0_0000L, (1L << 39) - 1};

  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final String LOCKED = "Max locked memory";

  private final Kernel kernel;
  private final int number;
  private final int container;
  private final int file;
  private final IovaSpace space = new IovaSpace();
  private long page = SYSTEM_PAGE;
  private long locked;
  private int users;

  private Group(Kernel kernel, int number, int container, int file) {
    this.kernel = kernel;
    this.number = number;
    this.container = container;
    this.file = file;
  }

  /**
   * Opens it.
   *
   * @param kernel where
   * @param who the function that is to be used
   * @return with one user
   * @throws FunctionBusyException if another process has it
   * @throws IllegalStateException if it cannot be used, with the reason and the remedy
   */
  static Group open(Kernel kernel, PciIdentity who) {
    final int container = openContainer(kernel, who);
    try {
      final int file = openFile(kernel, who);
      try {
        final Group group = new Group(kernel, who.iommuGroup(), container, file);
        group.join(who);
        group.learn();
        group.users = 1;
        return group;
      } catch (RuntimeException e) {
        kernel.calls().close(file);
        throw e;
      }
    } catch (RuntimeException e) {
      kernel.calls().close(container);
      throw e;
    }
  }

  private static int openContainer(Kernel kernel, PciIdentity who) {
    final Path path = kernel.files().container();
    final int fd = kernel.calls().open(path.toString());
    if (fd < 0) {
      throw refused(who, "no VFIO container", "file=" + path, fd, Remedy.ofFile(path, fd));
    }
    final int version = kernel.calls().ioctl(fd, Vfio.GET_API_VERSION, 0);
    final int type1 = kernel.calls().ioctl(fd, Vfio.CHECK_EXTENSION, Vfio.TYPE1_V2);
    if (version == Vfio.API_VERSION && type1 == 1) {
      return fd;
    }
    kernel.calls().close(fd);
    throw new IllegalStateException(
        "VFIO without an IOMMU of type 1: function="
            + who
            + ", api="
            + version
            + ", type1="
            + type1
            + "; modprobe vfio_iommu_type1, and switch the IOMMU on");
  }

  private static int openFile(Kernel kernel, PciIdentity who) {
    final Path path = kernel.files().group(who.iommuGroup());
    final int fd = kernel.calls().open(path.toString());
    if (fd == -Errno.EBUSY) {
      throw new FunctionBusyException(who, "another process, group=" + who.iommuGroup());
    }
    if (fd < 0) {
      throw refused(who, "no access to its group", "file=" + path, fd, Remedy.ofFile(path, fd));
    }
    return fd;
  }

  /** Puts the group into the container, which then gets its IOMMU. */
  private void join(PciIdentity who) {
    final int[] flags = new int[1];
    final int status =
        Kernel.with(
            Vfio.GROUP_STATUS_BYTES,
            s -> {
              final int answer = kernel.ioctl(file, Vfio.GROUP_GET_STATUS, s);
              flags[0] = s.get(JAVA_INT_UNALIGNED, Vfio.FLAGS_AT);
              return answer;
            });
    if (status < 0) {
      throw refused(who, "group has no status", "group=" + number, status, Remedy.REPORT);
    }
    if ((flags[0] & Vfio.GROUP_VIABLE) == 0) {
      throw new IllegalStateException(
          "IOMMU group not viable: function="
              + who
              + ", group="
              + number
              + ", status="
              + flags[0]
              + "; "
              + Remedy.VIABLE);
    }
    final int joined =
        Kernel.with(
            JAVA_INT_UNALIGNED.byteSize(),
            s -> {
              s.set(JAVA_INT_UNALIGNED, 0, container);
              return kernel.calls().ioctl(file, Vfio.GROUP_SET_CONTAINER, s.address());
            });
    if (joined < 0) {
      throw refused(who, "group joins no container", "group=" + number, joined, Remedy.REPORT);
    }
    final int set = kernel.calls().ioctl(container, Vfio.SET_IOMMU, Vfio.TYPE1_V2);
    if (set < 0) {
      throw refused(who, "IOMMU refused", "group=" + number, set, Remedy.ofIommu(set));
    }
  }

  /**
   * Asks for page sizes and addresses; an old kernel does not tell, and then the usual is taken.
   */
  private void learn() {
    try (Arena arena = Arena.ofConfined()) {
      final MemorySegment info = arena.allocate(INFO_BYTES, Vfio.EIGHT);
      final int answer = kernel.ioctl(container, Vfio.IOMMU_GET_INFO, info);
      final int flags = answer < 0 ? 0 : info.get(JAVA_INT_UNALIGNED, Vfio.FLAGS_AT);
      if ((flags & Vfio.INFO_HAS_PAGE_SIZES) != 0) {
        final long sizes = info.get(JAVA_LONG_UNALIGNED, Vfio.PAGE_SIZES_AT);
        page = Math.max(SYSTEM_PAGE, Long.lowestOneBit(sizes));
      }
      final boolean told = (flags & Vfio.INFO_HAS_CAPABILITIES) != 0 && addRanges(info);
      for (int i = 0; !told && i < USUAL_RANGES.length; i += 2) {
        space.add(USUAL_RANGES[i], USUAL_RANGES[i + 1], page);
      }
    }
  }

  private boolean addRanges(MemorySegment info) {
    long at = Integer.toUnsignedLong(info.get(JAVA_INT_UNALIGNED, Vfio.CAPABILITIES_AT));
    while (at >= Vfio.IOMMU_INFO_BYTES && at + Vfio.RANGES_AT <= INFO_BYTES) {
      if (info.get(JAVA_SHORT_UNALIGNED, at) == Vfio.IOVA_RANGES) {
        final int count = info.get(JAVA_INT_UNALIGNED, at + Vfio.RANGES_COUNT_AT);
        long range = at + Vfio.RANGES_AT;
        for (int i = 0; i < count && range + Vfio.RANGE_BYTES <= INFO_BYTES; i++) {
          space.add(
              info.get(JAVA_LONG_UNALIGNED, range),
              info.get(JAVA_LONG_UNALIGNED, range + Vfio.EIGHT),
              page);
          range += Vfio.RANGE_BYTES;
        }
        return count > 0;
      }
      final long next =
          Integer.toUnsignedLong(info.get(JAVA_INT_UNALIGNED, at + Vfio.CAPABILITY_NEXT_AT));
      if (next <= at) {
        return false; // the list ends, or would run in a circle
      }
      at = next;
    }
    return false;
  }

  /**
   * Opens a function of the group.
   *
   * @param who the function
   * @return descriptor
   * @throws FunctionBusyException if somebody has it open
   * @throws IllegalStateException if it cannot be opened, with the reason and the remedy
   */
  int device(PciIdentity who) {
    final int fd;
    try (Arena arena = Arena.ofConfined()) {
      final long name = arena.allocateFrom(who.address()).address();
      fd = kernel.calls().ioctl(file, Vfio.GROUP_GET_DEVICE_FD, name);
    }
    if (fd == -Errno.EBUSY) {
      throw new FunctionBusyException(who, "unknown");
    }
    if (fd < 0) {
      throw refused(who, "function not opened", "group=" + number, fd, Remedy.BIND);
    }
    return fd;
  }

  /**
   * Whom and what a refusal is about.
   *
   * @param who the function
   * @param what is wrong
   * @param values as {@code name=value}
   * @param answer of the kernel
   * @param remedy the way out
   * @return to be thrown
   */
  static IllegalStateException refused(
      PciIdentity who, String what, String values, long answer, String remedy) {
    return new IllegalStateException(
        what
            + ": function="
            + who
            + ", "
            + values
            + ", error="
            + Errno.name(answer)
            + "; "
            + remedy);
  }

  /**
   * The unit of mappings.
   *
   * @return in bytes
   */
  long page() {
    return page;
  }

  /**
   * Maps pages.
   *
   * @param who the function, for the message
   * @param address of the first byte, a multiple of the page
   * @param size in bytes, whole pages
   * @param flags what functions may do
   * @return address as they see it
   * @throws DmaMappingException if there is no room
   */
  synchronized long map(PciIdentity who, long address, long size, int flags) {
    final long iova = space.take(size);
    if (iova < 0) {
      throw new DmaMappingException(
          "no address space left behind the IOMMU: function="
              + who
              + ", bytes="
              + size
              + ", free="
              + space.room()
              + "; unmap something");
    }
    final int answer =
        Kernel.with(
            Vfio.MAP_BYTES,
            s -> {
              s.set(JAVA_INT_UNALIGNED, Vfio.FLAGS_AT, flags);
              s.set(JAVA_LONG_UNALIGNED, Vfio.MAP_ADDRESS_AT, address);
              s.set(JAVA_LONG_UNALIGNED, Vfio.MAP_IOVA_AT, iova);
              s.set(JAVA_LONG_UNALIGNED, Vfio.MAP_SIZE_AT, size);
              return kernel.ioctl(container, Vfio.IOMMU_MAP_DMA, s);
            });
    if (answer < 0) {
      space.release(iova, size);
      throw notMapped(who, size, answer);
    }
    locked += size;
    return iova;
  }

  private DmaMappingException notMapped(PciIdentity who, long size, int answer) {
    final String values =
        ": function="
            + who
            + ", bytes="
            + size
            + ", mapped="
            + locked
            + ", error="
            + Errno.name(answer);
    return new DmaMappingException(
        switch (-answer) {
          case Errno.ENOMEM ->
              "locked memory exhausted"
                  + values
                  + ", limit="
                  + lockedLimit()
                  + "; raise it: ulimit -l, memlock in limits.conf, or LimitMEMLOCK= of the"
                  + " service";
          case Errno.ENOSPC ->
              "mappings exhausted"
                  + values
                  + "; map larger pieces, or raise dma_entry_limit of the module vfio_iommu_type1";
          default -> "memory not mapped" + values + "; " + Remedy.REPORT;
        });
  }

  private static String lockedLimit() {
    try (Stream<String> lines = Files.lines(LIMITS)) {
      return lines
          .filter(l -> l.startsWith(LOCKED))
          .map(l -> l.substring(LOCKED.length()).strip().split(" +")[0])
          .collect(Collectors.joining());
    } catch (IOException e) {
      return "unknown";
    }
  }

  /**
   * Ends a mapping.
   *
   * @param iova what {@link #map} gave
   * @param size the same
   * @throws IllegalStateException if the kernel does not end it; the addresses are not used again
   */
  synchronized void unmap(long iova, long size) {
    final int answer =
        Kernel.with(
            Vfio.UNMAP_BYTES,
            s -> {
              s.set(JAVA_LONG_UNALIGNED, Vfio.UNMAP_IOVA_AT, iova);
              s.set(JAVA_LONG_UNALIGNED, Vfio.UNMAP_SIZE_AT, size);
              return kernel.ioctl(container, Vfio.IOMMU_UNMAP_DMA, s);
            });
    if (answer < 0) {
      throw new IllegalStateException(
          "mapping not ended: group="
              + number
              + ", iova="
              + Long.toHexString(iova)
              + ", bytes="
              + size
              + ", error="
              + Errno.name(answer)
              + "; "
              + Remedy.REPORT);
    }
    locked -= size;
    space.release(iova, size);
  }

  /** One user more. */
  void enter() {
    users++;
  }

  /**
   * One user less.
   *
   * @return true if it was the last, and the group is closed
   */
  boolean leave() {
    users--;
    if (users > 0) {
      return false;
    }
    kernel.calls().close(file);
    kernel.calls().close(container);
    return true;
  }
}
