package io.asynctx.pci.vfio;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.ToIntFunction;

/**
 * Where the kernel is met: its calls and its files.
 *
 * <p>Threading: any thread.
 *
 * @param calls of the kernel
 * @param files where its files are
 */
record Kernel(SystemCalls calls, KernelFiles files) {

  /**
   * A request with a structure that begins with its own size.
   *
   * @param fd descriptor
   * @param request number of the request
   * @param structure filled but for the size
   * @return as the kernel answers
   */
  int ioctl(int fd, int request, MemorySegment structure) {
    structure.set(JAVA_INT_UNALIGNED, Vfio.SIZE_AT, (int) structure.byteSize());
    return calls.ioctl(fd, request, structure.address());
  }

  /**
   * Runs something with a structure of zeros.
   *
   * @param bytes its size
   * @param use what is done with it
   * @return what that gives
   */
  static int with(long bytes, ToIntFunction<MemorySegment> use) {
    try (Arena arena = Arena.ofConfined()) {
      return use.applyAsInt(arena.allocate(bytes, Vfio.EIGHT));
    }
  }
}
