package io.asynctx.models.vfiouser;

import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;

/**
 * The calls of the C library that Java has no other way to: sockets that carry file descriptors,
 * mappings of such, and reads and writes of them. Linux, 64 bits.
 *
 * <p>Threading: any thread; the errno of a call is kept by the caller's own state segment.
 */
final class Libc {
  static final int EINTR = 4;
  static final int EAGAIN = 11;
  static final int EINVAL = 22;

  static final int PROT_READ = 1;
  static final int PROT_WRITE = 2;
  static final int MAP_SHARED = 1;
  static final int SHUT_RDWR = 2;
  static final int MSG_NOSIGNAL = 0x4000;
  static final int MSG_CMSG_CLOEXEC = 0x40000000;
  static final int F_GET_SEALS = 1034;
  static final int F_SEAL_SHRINK = 2;

  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int F_GETFL = 3;
  private static final int F_SETFL = 4;
  private static final int O_NONBLOCK = 0x800;
  private static final int S_IFMT = 0xf000;
  private static final int S_IFREG = 0x8000;

  /** Where {@code st_mode} is in {@code struct stat}; device, inode and size are alike. */
  private static final int ST_MODE = System.getProperty("os.arch").equals("aarch64") ? 16 : 24;

  private static final int SUN_PATH = 2;

  /** Longest path of a socket, in bytes, with the zero at its end. */
  static final int SUN_PATH_BYTES = 108;

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  private static final AddressLayout POINTER = ValueLayout.ADDRESS;
  private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final MethodHandle SOCKET = call("socket", INT, INT, INT, INT);
  private static final MethodHandle BIND = call("bind", INT, INT, POINTER, INT);
  private static final MethodHandle CONNECT = call("connect", INT, INT, POINTER, INT);
  private static final MethodHandle LISTEN = call("listen", INT, INT, INT);
  private static final MethodHandle ACCEPT = call("accept4", INT, INT, POINTER, POINTER, INT);
  private static final MethodHandle SHUTDOWN = call("shutdown", INT, INT, INT);
  private static final MethodHandle CLOSE = call("close", INT, INT);
  private static final MethodHandle RECVMSG = call("recvmsg", LONG, INT, POINTER, INT);
  private static final MethodHandle SENDMSG = call("sendmsg", LONG, INT, POINTER, INT);
  private static final MethodHandle MMAP =
      call("mmap", POINTER, POINTER, LONG, INT, INT, INT, LONG);
  private static final MethodHandle MUNMAP = call("munmap", INT, POINTER, LONG);
  private static final MethodHandle FSTAT = call("fstat", INT, INT, POINTER);
  private static final MethodHandle PREAD = call("pread", LONG, INT, POINTER, LONG, LONG);
  private static final MethodHandle PWRITE = call("pwrite", LONG, INT, POINTER, LONG, LONG);
  private static final MethodHandle WRITE = call("write", LONG, INT, POINTER, LONG);
  private static final MethodHandle FCNTL = fcntlHandle();

  private Libc() {}

  @SuppressWarnings("restricted") // a downcall; the signatures above are those of the C library
  private static MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
    final Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(result, arguments),
        Linker.Option.captureCallState("errno"));
  }

  @SuppressWarnings("restricted") // the third argument is variadic there
  private static MethodHandle fcntlHandle() {
    final Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("fcntl"),
        FunctionDescriptor.of(INT, INT, INT, INT),
        Linker.Option.captureCallState("errno"),
        Linker.Option.firstVariadicArg(2));
  }

  /** What a call returned, and the errno if it was negative. */
  private interface Body {
    long call(MemorySegment state) throws Throwable;
  }

  /** The result, or the errno, negative. */
  private static long result(Body body) {
    try (Arena arena = Arena.ofConfined()) {
      final MemorySegment state = arena.allocate(STATE);
      final long result = body.call(state);
      return result >= 0 ? result : -(int) ERRNO.get(state, 0L);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e); // a downcall throws nothing checked
    }
  }

  private static int checked(String what, Body body) throws IOException {
    final long result = result(body);
    if (result < 0) {
      throw new IOException("system call failed: call=" + what + ", errno=" + -result);
    }
    return (int) result;
  }

  static int socket() throws IOException {
    return checked(
        "socket", s -> (int) SOCKET.invokeExact(s, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  }

  /** An address of a socket in the file system. */
  private static MemorySegment address(Arena arena, String path) throws IOException {
    final MemorySegment address = arena.allocate(SUN_PATH + SUN_PATH_BYTES, 8);
    final byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
    if (bytes.length >= SUN_PATH_BYTES) {
      throw new IOException(
          "socket path too long: bytes="
              + bytes.length
              + ", max="
              + (SUN_PATH_BYTES - 1)
              + ", path="
              + path
              + "; use a shorter one");
    }
    address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
    MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, SUN_PATH, bytes.length);
    return address;
  }

  static void bind(int fd, String path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      final MemorySegment address = address(arena, path);
      checked(
          "bind, path=" + path,
          s -> (int) BIND.invokeExact(s, fd, address, (int) address.byteSize()));
    }
  }

  static void connect(int fd, String path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      final MemorySegment address = address(arena, path);
      checked(
          "connect, path=" + path,
          s -> (int) CONNECT.invokeExact(s, fd, address, (int) address.byteSize()));
    }
  }

  static void listen(int fd) throws IOException {
    checked("listen", s -> (int) LISTEN.invokeExact(s, fd, 4));
  }

  /** A connection; negative: the errno, e.g. after the listener was shut down. */
  static int accept(int fd) {
    return (int)
        result(s ->
            (int) ACCEPT.invokeExact(s, fd, MemorySegment.NULL, MemorySegment.NULL, SOCK_CLOEXEC));
  }

  static void shutdown(int fd) {
    result(s -> (int) SHUTDOWN.invokeExact(s, fd, SHUT_RDWR));
  }

  static void close(int fd) {
    result(s -> (int) CLOSE.invokeExact(s, fd));
  }

  static long receive(int fd, MemorySegment message) {
    return result(s -> (long) RECVMSG.invokeExact(s, fd, message, MSG_CMSG_CLOEXEC));
  }

  static long send(int fd, MemorySegment message) {
    return result(s -> (long) SENDMSG.invokeExact(s, fd, message, MSG_NOSIGNAL));
  }

  /** A mapping shared with whoever else has the file; it lives until {@link #unmap}. */
  @SuppressWarnings("restricted") // as long as what was asked for
  static MemorySegment map(int fd, long bytes, boolean writable) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      final MemorySegment state = arena.allocate(STATE);
      final MemorySegment at =
          (MemorySegment)
              MMAP.invokeExact(
                  state,
                  MemorySegment.NULL,
                  bytes,
                  PROT_READ | (writable ? PROT_WRITE : 0),
                  MAP_SHARED,
                  fd,
                  0L);
      if (at.address() == -1L) {
        throw new IOException("mmap failed: bytes=" + bytes + ", errno=" + ERRNO.get(state, 0L));
      }
      return at.reinterpret(bytes);
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  static void unmap(MemorySegment mapping) {
    result(s -> (int) MUNMAP.invokeExact(s, mapping, mapping.byteSize()));
  }

  /**
   * What a regular file is.
   *
   * @param device its file system
   * @param inode its number there
   * @param size in bytes, at the moment
   */
  record FileId(long device, long inode, long size) {}

  /** What a regular file is; anything else is an error. */
  static FileId identify(int fd) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      final MemorySegment stat = arena.allocate(256, 8);
      checked("fstat", s -> (int) FSTAT.invokeExact(s, fd, stat));
      if ((stat.get(INT, ST_MODE) & S_IFMT) != S_IFREG) {
        throw new IOException("not a regular file: fd=" + fd + "; pass a memfd");
      }
      return new FileId(stat.get(LONG, 0), stat.get(LONG, 8), stat.get(LONG, 48));
    }
  }

  /** Whether nobody can make the file shorter any more. */
  static boolean cannotShrink(int fd) {
    final long seals = control(fd, F_GET_SEALS, 0);
    return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
  }

  /** Makes writes return instead of waiting for room; for everybody who has the file open. */
  static void doNotBlock(int fd) throws IOException {
    final int flags = checked("fcntl", s -> control(fd, F_GETFL, 0));
    checked("fcntl", s -> control(fd, F_SETFL, flags | O_NONBLOCK));
  }

  private static long control(int fd, int command, int argument) {
    return result(s -> (int) FCNTL.invokeExact(s, fd, command, argument));
  }

  static long readAt(int fd, MemorySegment to, long bytes, long offset) {
    return result(s -> (long) PREAD.invokeExact(s, fd, to, bytes, offset));
  }

  static long writeAt(int fd, MemorySegment from, long bytes, long offset) {
    return result(s -> (long) PWRITE.invokeExact(s, fd, from, bytes, offset));
  }

  static long write(int fd, MemorySegment from, long bytes) {
    return result(s -> (long) WRITE.invokeExact(s, fd, from, bytes));
  }
}
