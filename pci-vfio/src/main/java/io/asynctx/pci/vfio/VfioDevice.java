package io.asynctx.pci.vfio;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.PciIdentity;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * An open function: its regions, its interrupts, its reset, as the kernel offers them.
 *
 * <p>Threading: one thread at a time, but for configuration space, which any thread may read.
 */
final class VfioDevice implements AutoCloseable {

  private final SystemCalls calls;
  private final int fd;
  private final PciIdentity who;
  private final boolean canReset;
  private final int configSize;
  private final long configOffset;

  private VfioDevice(
      SystemCalls calls, int fd, PciIdentity who, boolean canReset, Region configuration) {
    this.calls = calls;
    this.fd = fd;
    this.who = who;
    this.canReset = canReset;
    this.configSize = (int) Math.min(configuration.size(), ClaimedFunction.EXTENDED_CONFIG_BYTES);
    this.configOffset = configuration.offset();
  }

  /** A part of what can be read and written through the descriptor. */
  private record Region(int flags, long size, long offset) {}

  /**
   * Asks what it has.
   *
   * @param calls the kernel
   * @param fd descriptor, closed with this
   * @param who the function
   * @return to be closed
   */
  static VfioDevice open(SystemCalls calls, int fd, PciIdentity who) {
    try (Arena arena = Arena.ofConfined()) {
      final MemorySegment info = arena.allocate(Vfio.DEVICE_INFO_BYTES, Vfio.EIGHT);
      final int answer = ioctl(calls, fd, Vfio.DEVICE_GET_INFO, info);
      final boolean canReset =
          answer >= 0 && (info.get(JAVA_INT_UNALIGNED, Vfio.FLAGS_AT) & Vfio.DEVICE_CAN_RESET) != 0;
      return new VfioDevice(calls, fd, who, canReset, region(calls, fd, Vfio.CONFIG_REGION));
    }
  }

  private static int ioctl(SystemCalls calls, int fd, int request, MemorySegment structure) {
    structure.set(JAVA_INT_UNALIGNED, Vfio.SIZE_AT, (int) structure.byteSize());
    return calls.ioctl(fd, request, structure.address());
  }

  /** Of size 0 if there is none. */
  private static Region region(SystemCalls calls, int fd, int index) {
    try (Arena arena = Arena.ofConfined()) {
      final MemorySegment info = arena.allocate(Vfio.REGION_INFO_BYTES, Vfio.EIGHT);
      info.set(JAVA_INT_UNALIGNED, Vfio.REGION_INDEX_AT, index);
      if (ioctl(calls, fd, Vfio.DEVICE_GET_REGION_INFO, info) < 0) {
        return new Region(0, 0, 0);
      }
      return new Region(
          info.get(JAVA_INT_UNALIGNED, Vfio.FLAGS_AT),
          info.get(JAVA_LONG_UNALIGNED, Vfio.REGION_SIZE_AT),
          info.get(JAVA_LONG_UNALIGNED, Vfio.REGION_OFFSET_AT));
    }
  }

  SystemCalls calls() {
    return calls;
  }

  PciIdentity who() {
    return who;
  }

  int configSize() {
    return configSize;
  }

  /**
   * Reads configuration space in one access.
   *
   * @param to 1, 2 or 4 bytes
   * @param offset in bytes
   * @return whether it could be read
   */
  boolean readConfig(MemorySegment to, int offset) {
    return calls.pread(fd, to, configOffset + offset) == to.byteSize();
  }

  /**
   * Writes configuration space in one access. What the kernel does not let through is dropped.
   *
   * @param from 1, 2 or 4 bytes
   * @param offset in bytes
   */
  void writeConfig(MemorySegment from, int offset) {
    calls.pwrite(fd, from, configOffset + offset);
  }

  /**
   * Maps the registers of a window.
   *
   * @param bar 0 to 5
   * @param arena ends the mapping
   * @return empty if it has none that can be mapped, ports of the old kind among them
   * @throws IllegalStateException if the kernel refuses
   */
  @SuppressWarnings("restricted") // what this bundle is for
  MemorySegment map(int bar, Arena arena) {
    final Region region = region(calls, fd, bar);
    if (region.size() == 0 || (region.flags() & Vfio.REGION_CAN_MAP) == 0) {
      return MemorySegment.NULL;
    }
    final long address = calls.mmap(fd, region.size(), region.offset());
    if (address < 0) {
      throw Group.refused(
          who,
          "registers not mapped",
          "bar=" + bar + ", size=" + region.size(),
          address,
          Remedy.REPORT);
    }
    return MemorySegment.ofAddress(address)
        .reinterpret(region.size(), arena, s -> calls.munmap(address, s.byteSize()));
  }

  /**
   * How many interrupts of a kind there are.
   *
   * @param index of the kind
   * @return 0 if none, or none that an eventfd can bring
   */
  int vectors(int index) {
    try (Arena arena = Arena.ofConfined()) {
      final MemorySegment info = arena.allocate(Vfio.IRQ_INFO_BYTES, Vfio.EIGHT);
      info.set(JAVA_INT_UNALIGNED, Vfio.IRQ_INDEX_AT, index);
      final boolean known = ioctl(calls, fd, Vfio.DEVICE_GET_IRQ_INFO, info) >= 0;
      return known && (info.get(JAVA_INT_UNALIGNED, Vfio.FLAGS_AT) & Vfio.IRQ_BY_EVENTFD) != 0
          ? info.get(JAVA_INT_UNALIGNED, Vfio.IRQ_COUNT_AT)
          : 0;
    }
  }

  /**
   * Lets interrupts of a kind signal counters, from the first on.
   *
   * @param index of the kind
   * @param counters descriptors; empty disables the kind
   * @return as the kernel answers
   */
  int setIrqs(int index, int[] counters) {
    try (Arena arena = Arena.ofConfined()) {
      final long bytes = Vfio.IRQ_SET_BYTES + (long) counters.length * Integer.BYTES;
      final MemorySegment set = arena.allocate(bytes, Vfio.EIGHT);
      final int data = counters.length == 0 ? Vfio.SET_DATA_NONE : Vfio.SET_DATA_EVENTFD;
      set.set(JAVA_INT_UNALIGNED, Vfio.FLAGS_AT, data | Vfio.SET_TRIGGER);
      set.set(JAVA_INT_UNALIGNED, Vfio.SET_INDEX_AT, index);
      set.set(JAVA_INT_UNALIGNED, Vfio.SET_COUNT_AT, counters.length);
      MemorySegment.copy(counters, 0, set, JAVA_INT_UNALIGNED, Vfio.IRQ_SET_BYTES, counters.length);
      return ioctl(calls, fd, Vfio.DEVICE_SET_IRQS, set);
    }
  }

  /**
   * Resets it.
   *
   * @return whether that was done
   */
  boolean reset() {
    return canReset && calls.ioctl(fd, Vfio.DEVICE_RESET, 0) >= 0;
  }

  @Override
  public void close() {
    calls.close(fd);
  }
}
