package io.asynctx.models.vfiouser;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A connected socket that carries messages and file descriptors. It reads exactly a header, then
 * exactly a payload: one that reads more takes the descriptors of the next message for its own,
 * because Linux joins messages without descriptors with one that has some.
 *
 * <p>Threading: {@link #receive} by one thread, {@link #send} by any; {@link #shutdown} by any;
 * {@link #close} by the receiver, when nobody else uses it any more.
 */
final class FdSocket implements AutoCloseable {
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_CTRUNC = 8;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int CMSG_HEADER_BYTES = 16;
  private static final int CONTROL_BYTES = CMSG_HEADER_BYTES + Message.MAX_FDS * Integer.BYTES;

  /** One direction: {@code struct msghdr}, its one {@code struct iovec}, and both buffers. */
  private static final class Direction {
    final MemorySegment header;
    final MemorySegment vector;
    final MemorySegment control;
    final MemorySegment bytes;

    Direction(Arena arena) {
      header = arena.allocate(56, 8);
      vector = arena.allocate(16, 8);
      control = arena.allocate(CONTROL_BYTES, 8);
      bytes = arena.allocate(Message.MAX_BYTES, 8);
      header.set(ValueLayout.ADDRESS, 16, vector);
      header.set(ValueLayout.JAVA_LONG, 24, 1);
    }

    /** Points at a part of the bytes, and at the control buffer if it has a length. */
    void aim(long offset, long length, long controlBytes) {
      vector.set(ValueLayout.ADDRESS, 0, bytes.asSlice(offset));
      vector.set(ValueLayout.JAVA_LONG, 8, length);
      header.set(ValueLayout.ADDRESS, 32, controlBytes == 0 ? MemorySegment.NULL : control);
      header.set(ValueLayout.JAVA_LONG, 40, controlBytes);
    }
  }

  private final Arena arena = Arena.ofShared();
  private final Direction in = new Direction(arena);
  private final Direction out = new Direction(arena);
  private final int fd;
  private final Object life = new Object();
  private boolean closed;
  private int[] received = {};

  FdSocket(int fd) {
    this.fd = fd;
  }

  /**
   * The next message.
   *
   * @throws EOFException if the peer has closed
   * @throws IOException if what comes is no message; nothing after it can be understood then
   */
  Message receive() throws IOException {
    received = new int[0];
    try {
      fill(Message.HEADER_BYTES);
      final int idAndCommand = in.bytes.get(INT, 0);
      final int size = in.bytes.get(INT, 4);
      final int flags = in.bytes.get(INT, 8);
      final int error = in.bytes.get(INT, 12);
      if (size < Message.HEADER_BYTES || size > Message.MAX_BYTES) {
        throw new IOException(
            "message size out of range: size=%d, min=%d, max=%d; the connection is closed"
                .formatted(size, Message.HEADER_BYTES, Message.MAX_BYTES));
      }
      final byte[] payload = new byte[size - Message.HEADER_BYTES];
      fill(payload.length);
      MemorySegment.copy(in.bytes, ValueLayout.JAVA_BYTE, 0, payload, 0, payload.length);
      final int[] fds = received;
      received = new int[0];
      return new Message(idAndCommand & 0xffff, idAndCommand >>> 16, flags, error, payload, fds);
    } finally {
      closeAll(received);
    }
  }

  private void fill(int length) throws IOException {
    int done = 0;
    while (done < length) {
      in.aim(done, length - done, CONTROL_BYTES);
      final long got = Libc.receive(fd, in.header);
      if (got == -Libc.EINTR) {
        continue;
      }
      if (got < 0) {
        throw new IOException("receive failed: errno=" + -got);
      }
      takeFds();
      if (got == 0) {
        throw new EOFException("peer closed the connection");
      }
      done += (int) got;
    }
  }

  private void takeFds() throws IOException {
    final long controlBytes = in.header.get(ValueLayout.JAVA_LONG, 40);
    final long length = controlBytes >= CMSG_HEADER_BYTES ? in.control.get(INT, 0) : 0;
    if (length > CMSG_HEADER_BYTES
        && in.control.get(INT, 8) == SOL_SOCKET
        && in.control.get(INT, 12) == SCM_RIGHTS) {
      final int before = received.length;
      final int count = (int) (length - CMSG_HEADER_BYTES) / Integer.BYTES;
      received = Arrays.copyOf(received, before + count);
      for (int i = 0; i < count; i++) {
        received[before + i] = in.control.get(INT, CMSG_HEADER_BYTES + 4L * i);
      }
    }
    if ((in.header.get(INT, 48) & MSG_CTRUNC) != 0 || received.length > Message.MAX_FDS) {
      throw new IOException(
          "too many file descriptors in a message: max="
              + Message.MAX_FDS
              + "; the connection is closed");
    }
  }

  /**
   * Sends a message with its descriptors, which stay the caller's.
   *
   * @throws IOException if the peer is not there any more
   */
  synchronized void send(Message message) throws IOException {
    final int size = Message.HEADER_BYTES + message.payload().length;
    out.bytes.set(INT, 0, message.id() & 0xffff | message.command() << 16);
    out.bytes.set(INT, 4, size);
    out.bytes.set(INT, 8, message.flags());
    out.bytes.set(INT, 12, message.error());
    MemorySegment.copy(
        message.payload(),
        0,
        out.bytes,
        ValueLayout.JAVA_BYTE,
        Message.HEADER_BYTES,
        message.payload().length);
    final int count = message.fds().length;
    for (int i = 0; i < count; i++) {
      out.control.set(INT, CMSG_HEADER_BYTES + 4L * i, message.fds()[i]);
    }
    final long controlBytes = count == 0 ? 0 : CMSG_HEADER_BYTES + 4L * count;
    out.control.set(ValueLayout.JAVA_LONG, 0, controlBytes);
    out.control.set(INT, 8, SOL_SOCKET);
    out.control.set(INT, 12, SCM_RIGHTS);
    int done = 0;
    while (done < size) {
      out.aim(done, size - done, done == 0 ? controlBytes : 0);
      final long sent = Libc.send(fd, out.header);
      if (sent == -Libc.EINTR) {
        continue;
      }
      if (sent < 0) {
        throw new IOException("send failed: errno=" + -sent);
      }
      done += (int) sent;
    }
  }

  static void closeAll(int[] fds) {
    for (int each : fds) {
      Libc.close(each);
    }
  }

  /** Ends what waits in receive or send, here and at the peer. */
  void shutdown() {
    synchronized (life) {
      if (!closed) { // the number may be another file's by now
        Libc.shutdown(fd);
      }
    }
  }

  @Override
  public void close() {
    synchronized (life) {
      closed = true;
      Libc.close(fd);
    }
    arena.close();
  }
}
