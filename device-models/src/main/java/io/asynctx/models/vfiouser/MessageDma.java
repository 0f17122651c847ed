package io.asynctx.models.vfiouser;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Memory of the peer's by messages: for peers that pass no file, and for the parts of their memory
 * that have none.
 *
 * <p>Threading: any thread but the one that receives, for which every access is a fault: it would
 * wait for an answer that only itself can receive.
 */
final class MessageDma implements PeerMemory.Messages {
  private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final int ADDRESS_AND_COUNT = 16;

  private final FdSocket socket;
  private final Map<Integer, @Nullable Message> answers = new HashMap<>();
  private @Nullable Thread reader;
  private boolean closed;
  private int nextId;

  MessageDma(FdSocket socket) {
    this.socket = socket;
  }

  synchronized void reader(Thread thread) {
    reader = thread;
  }

  /** A reply came; one that nobody waits for is dropped. */
  synchronized void answered(Message reply) {
    if (answers.containsKey(reply.id())) {
      answers.put(reply.id(), reply);
      notifyAll();
    }
  }

  /** Nobody waits any more. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }

  @Override
  public boolean read(long iova, byte[] to, int offset, int length) {
    final ByteBuffer request = request(iova, length, 0);
    final Message answer = exchange(Message.DMA_READ, request);
    if (answer == null || answer.payload().length != ADDRESS_AND_COUNT + length) {
      return false;
    }
    System.arraycopy(answer.payload(), ADDRESS_AND_COUNT, to, offset, length);
    return true;
  }

  @Override
  public boolean write(long iova, byte[] from, int offset, int length) {
    final ByteBuffer request = request(iova, length, length).put(from, offset, length);
    return exchange(Message.DMA_WRITE, request) != null;
  }

  private static ByteBuffer request(long iova, int count, int data) {
    return Message.buffer(ADDRESS_AND_COUNT + data).putLong(iova).putLong(count);
  }

  /** Sends a request and waits for its answer; null if it is an error, or none comes. */
  private @Nullable Message exchange(int command, ByteBuffer request) {
    final int id;
    synchronized (this) {
      if (closed || Thread.currentThread() == reader) {
        return null;
      }
      id = nextId++ & 0xffff;
      answers.put(id, null);
    }
    try {
      socket.send(Message.command(id, command, request.array()));
    } catch (IOException e) {
      return take(id, 0); // the reader finds the same and ends the session
    }
    final Message answer = take(id, System.nanoTime() + TIMEOUT_NANOS);
    return answer == null || (answer.flags() & Message.ERROR) != 0 ? null : answer;
  }

  private synchronized @Nullable Message take(int id, long deadline) {
    boolean interrupted = false;
    while (answers.get(id) == null && !closed && deadline - System.nanoTime() > 0) {
      try {
        TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline - System.nanoTime()));
      } catch (InterruptedException e) {
        interrupted = true; // the deadline ends it
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return answers.remove(id);
  }
}
