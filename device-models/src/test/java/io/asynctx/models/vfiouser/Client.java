package io.asynctx.models.vfiouser;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/** The other side of the socket: a client as small as one can be, for one thread. */
final class Client implements AutoCloseable {
  static final int BAR0 = 0;
  static final int CONFIG = 7;
  private static final int MFD_CLOEXEC = 1;
  private static final int MFD_ALLOW_SEALING = 2;
  private static final int F_ADD_SEALS = 1033;
  private static final int EFD_CLOEXEC = 0x80000;
  private static final short POLLIN = 1;

  private static final MethodHandle MEMFD_CREATE =
      call("memfd_create", ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
  private static final MethodHandle FTRUNCATE =
      call("ftruncate", ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG);
  private static final MethodHandle EVENTFD =
      call("eventfd", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
  private static final MethodHandle POLL =
      call("poll", ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT);
  private static final MethodHandle READ =
      call("read", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
  private static final int SHUT_WR = 1;
  private static final MethodHandle SHUTDOWN =
      call("shutdown", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
  private static final MethodHandle PIPE = call("pipe", ValueLayout.ADDRESS);
  private static final MethodHandle FCNTL =
      call("fcntl", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);

  private final int fd;
  private final FdSocket socket;
  private boolean closed;
  private int nextId = 100;

  Client(Path path) throws IOException {
    fd = Libc.socket();
    Libc.connect(fd, path.toString());
    socket = new FdSocket(fd);
  }

  @SuppressWarnings("restricted") // calls of the C library that return an int
  private static MethodHandle call(String name, MemoryLayout... arguments) {
    final Linker linker = Linker.nativeLinker();
    final Linker.Option[] options =
        name.equals("fcntl")
            ? new Linker.Option[] {Linker.Option.firstVariadicArg(2)}
            : new Linker.Option[0];
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments),
        options);
  }

  private interface Body {
    int call(Arena arena) throws Throwable;
  }

  private static int checked(String what, Body body) {
    try (Arena arena = Arena.ofConfined()) {
      final int result = body.call(arena);
      if (result < 0) {
        throw new AssertionError(what + " failed");
      }
      return result;
    } catch (Throwable e) {
      throw new AssertionError(what, e);
    }
  }

  /** A memory file of a size; sealed against shrinking, as QEMU's are, or not. */
  static int memoryFile(long bytes, boolean sealed) {
    final int fd =
        checked(
            "memfd_create",
            a ->
                (int)
                    MEMFD_CREATE.invokeExact(
                        a.allocateFrom("test"), MFD_CLOEXEC | MFD_ALLOW_SEALING));
    truncate(fd, bytes);
    if (sealed) {
      checked("fcntl", a -> (int) FCNTL.invokeExact(fd, F_ADD_SEALS, Libc.F_SEAL_SHRINK));
    }
    return fd;
  }

  static void truncate(int fd, long bytes) {
    checked("ftruncate", a -> (int) FTRUNCATE.invokeExact(fd, bytes));
  }

  static int eventFile() {
    return checked("eventfd", a -> (int) EVENTFD.invokeExact(0, EFD_CLOEXEC));
  }

  /** Both ends of a pipe. */
  static int[] pipe() {
    final int[] ends = new int[2];
    checked(
        "pipe",
        a -> {
          final MemorySegment both = a.allocate(8, 4);
          final int result = (int) PIPE.invokeExact(both);
          ends[0] = both.get(ValueLayout.JAVA_INT, 0);
          ends[1] = both.get(ValueLayout.JAVA_INT, 4);
          return result;
        });
    return ends;
  }

  /** Whether an event comes within a time; it is taken. */
  static boolean event(int fd, int timeoutMillis) {
    return checked(
            "poll",
            a -> {
              final MemorySegment poll = a.allocate(8, 4);
              poll.set(ValueLayout.JAVA_INT, 0, fd);
              poll.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
              final int ready = (int) POLL.invokeExact(poll, 1L, timeoutMillis);
              if (ready == 1) {
                final int got = (int) READ.invokeExact(fd, a.allocate(8, 8), 8L);
                assertEquals(8, got);
              }
              return ready;
            })
        == 1;
  }

  /** How many descriptors this process has open. */
  static long openFiles() {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Sends a command and receives its answer. */
  Message ask(int command, byte[] payload, int... fds) throws IOException {
    final Message request = new Message(nextId++ & 0xffff, command, 0, 0, payload, fds);
    socket.send(request);
    final Message reply = socket.receive();
    assertEquals(request.id(), reply.id());
    assertEquals(command, reply.command());
    assertEquals(Message.REPLY, reply.flags() & Message.TYPE_MASK);
    return reply;
  }

  /** The answer's payload; an error is a failure. */
  ByteBuffer good(int command, byte[] payload, int... fds) throws IOException {
    final Message reply = ask(command, payload, fds);
    assertEquals(0, reply.error(), "errno");
    assertEquals(Message.REPLY, reply.flags());
    return reply.body();
  }

  /** The errno of an answer that is an error. */
  int errno(int command, byte[] payload, int... fds) throws IOException {
    final Message reply = ask(command, payload, fds);
    assertEquals(Message.REPLY | Message.ERROR, reply.flags());
    return reply.error();
  }

  void send(Message message) throws IOException {
    socket.send(message);
  }

  /** Bytes that need be no message. */
  void sendRaw(byte[] bytes) {
    try (Arena arena = Arena.ofConfined()) {
      Libc.write(fd, arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes), bytes.length);
    }
  }

  /** Sends no more; what comes can still be received. */
  void endOfMessages() {
    checked("shutdown", a -> (int) SHUTDOWN.invokeExact(fd, SHUT_WR));
  }

  Message receive() throws IOException {
    return socket.receive();
  }

  ByteBuffer version() throws IOException {
    final byte[] words = "{}\0".getBytes(StandardCharsets.US_ASCII);
    return good(Message.VERSION, Message.buffer(4 + words.length).putInt(0).put(words).array());
  }

  static byte[] mapping(long iova, long size, int flags, long offset) {
    return Message.buffer(32)
        .putInt(32)
        .putInt(flags)
        .putLong(offset)
        .putLong(iova)
        .putLong(size)
        .array();
  }

  void map(long iova, long size, int fd, long offset) throws IOException {
    good(Message.DMA_MAP, mapping(iova, size, 3, offset), fd);
  }

  void unmap(long iova, long size) throws IOException {
    assertEquals(24, good(Message.DMA_UNMAP, range(iova, size, 0)).remaining());
  }

  static byte[] range(long iova, long size, int flags) {
    return Message.buffer(24).putInt(24).putInt(flags).putLong(iova).putLong(size).array();
  }

  static byte[] irqs(int flags, int index, int start, int count) {
    return Message.buffer(20)
        .putInt(20)
        .putInt(flags)
        .putInt(index)
        .putInt(start)
        .putInt(count)
        .array();
  }

  long read(int region, long offset, int width) throws IOException {
    final ByteBuffer answer =
        good(
            Message.REGION_READ,
            Message.buffer(16).putLong(offset).putInt(region).putInt(width).array());
    answer.position(16);
    assertEquals(width, answer.remaining());
    long value = 0;
    for (int i = 0; i < width; i++) {
      value |= (answer.get() & 0xffL) << 8 * i;
    }
    return value;
  }

  static byte[] writing(int region, long offset, int width, long value) {
    final ByteBuffer payload =
        Message.buffer(16 + width).putLong(offset).putInt(region).putInt(width);
    for (int i = 0; i < width; i++) {
      payload.put((byte) (value >>> 8 * i));
    }
    return payload.array();
  }

  void write(int region, long offset, int width, long value) throws IOException {
    good(Message.REGION_WRITE, writing(region, offset, width, value));
  }

  /** A write without an answer, as QEMU sends those to registers. */
  void post(int region, long offset, int width, long value) throws IOException {
    send(
        new Message(
            nextId++ & 0xffff,
            Message.REGION_WRITE,
            Message.NO_REPLY,
            0,
            writing(region, offset, width, value),
            new int[0]));
  }

  static void close(int... fds) {
    Arrays.stream(fds).forEach(Libc::close);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      socket.close();
    }
  }
}
