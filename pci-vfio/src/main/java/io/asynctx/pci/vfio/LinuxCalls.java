package io.asynctx.pci.vfio;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The calls of Linux on a 64-bit machine, by the C library.
 *
 * <p>Threading: any thread.
 */
final class LinuxCalls implements SystemCalls {

  private static final int O_RDWR_CLOEXEC = 02 | 02000000;
  private static final int PROT_READ_WRITE = 1 | 2;
  private static final int MAP_SHARED = 1;
  private static final int EFD_CLOEXEC_NONBLOCK = 02000000 | 04000;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final Linker.Option KEEP = Linker.Option.captureCallState("errno");

  // C passes what stands for "..." otherwise on some machines; the linker has to be told.
  private static final Linker.Option OPEN_REST = Linker.Option.firstVariadicArg(2);
  private static final Linker.Option IOCTL_REST = Linker.Option.firstVariadicArg(2);

  private static final MethodHandle OPEN =
      handle("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), KEEP, OPEN_REST);
  private static final MethodHandle CLOSE =
      handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT), KEEP);
  private static final MethodHandle IOCTL =
      handle(
          "ioctl",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
          KEEP,
          IOCTL_REST);
  private static final MethodHandle PREAD =
      handle(
          "pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG), KEEP);
  private static final MethodHandle PWRITE =
      handle(
          "pwrite",
          FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG),
          KEEP);
  private static final MethodHandle MMAP =
      handle(
          "mmap",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
          KEEP);
  private static final MethodHandle MUNMAP =
      handle("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG), KEEP);
  private static final MethodHandle EVENTFD =
      handle("eventfd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT), KEEP);

  // The error of these tells nothing that matters, and they must not allocate.
  private static final MethodHandle POLL =
      handle("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle READ =
      handle("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle WRITE =
      handle("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));

  @SuppressWarnings("restricted") // what this bundle is for
  private static MethodHandle handle(
      String name, FunctionDescriptor signature, Linker.Option... options) {
    final Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), signature, options);
  }

  /** A call, given the place where it leaves its error. */
  @FunctionalInterface
  private interface Call {
    long run(MemorySegment state) throws Throwable;
  }

  /** As the kernel answered, before the C library put the error aside. */
  private static long answer(Call call) {
    try (Arena arena = Arena.ofConfined()) {
      final MemorySegment state = arena.allocate(STATE);
      final long result = call.run(state);
      return result == -1 ? -(int) ERRNO.get(state, 0L) : result;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static AssertionError unexpected(Throwable e) {
    return new AssertionError("a native call threw", e);
  }

  @Override
  public int open(String path) {
    try (Arena arena = Arena.ofConfined()) {
      final MemorySegment name = arena.allocateFrom(path);
      return (int) answer(state -> (int) OPEN.invokeExact(state, name, O_RDWR_CLOEXEC, 0));
    }
  }

  @Override
  public int close(int fd) {
    return (int) answer(state -> (int) CLOSE.invokeExact(state, fd));
  }

  @Override
  public int ioctl(int fd, int request, long argument) {
    return (int)
        answer(
            state -> (int) IOCTL.invokeExact(state, fd, Integer.toUnsignedLong(request), argument));
  }

  @Override
  public long pread(int fd, MemorySegment to, long offset) {
    return answer(state -> (long) PREAD.invokeExact(state, fd, to, to.byteSize(), offset));
  }

  @Override
  public long pwrite(int fd, MemorySegment from, long offset) {
    return answer(state -> (long) PWRITE.invokeExact(state, fd, from, from.byteSize(), offset));
  }

  @Override
  public long mmap(int fd, long size, long offset) {
    return answer(
        state -> (long) MMAP.invokeExact(state, 0L, size, PROT_READ_WRITE, MAP_SHARED, fd, offset));
  }

  @Override
  public int munmap(long address, long size) {
    return (int) answer(state -> (int) MUNMAP.invokeExact(state, address, size));
  }

  @Override
  public int eventfd() {
    return (int) answer(state -> (int) EVENTFD.invokeExact(state, 0, EFD_CLOEXEC_NONBLOCK));
  }

  @Override
  public int poll(MemorySegment pollfds, int count, int timeoutMillis) {
    try {
      return (int) POLL.invokeExact(pollfds, (long) count, timeoutMillis);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  @Override
  public int take(int fd, MemorySegment eight) {
    try {
      return (int) (long) READ.invokeExact(fd, eight, ValueLayout.JAVA_LONG.byteSize());
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  @Override
  public int add(int fd, MemorySegment eight) {
    try {
      return (int) (long) WRITE.invokeExact(fd, eight, ValueLayout.JAVA_LONG.byteSize());
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }
}
