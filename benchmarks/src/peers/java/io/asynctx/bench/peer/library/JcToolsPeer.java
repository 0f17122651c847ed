package io.asynctx.bench.peer.library;

import io.asynctx.bench.Pairs;
import io.asynctx.bench.peer.HandOffPeer;
import java.util.concurrent.atomic.AtomicLong;
import org.jctools.queues.MpscArrayQueue;

/** An array queue of JCTools for many producers, drained by one thread that counts what is done. */
public final class JcToolsPeer implements HandOffPeer {

  /** Found by the service loader. */
  public JcToolsPeer() {}

  @Override
  public String title() {
    return "JCTools MpscArrayQueue";
  }

  @Override
  public String version() {
    return Jar.of(MpscArrayQueue.class);
  }

  @Override
  public Link open(Pairs pairs) {
    return new Queue(title(), pairs);
  }

  /** What goes through the queue: which pair. */
  private record Copy(int pair) {}

  private static final class Queue implements Link {
    private final String name;
    private final Copy[] copies = new Copy[Pairs.COUNT];
    private final MpscArrayQueue<Copy> queue = new MpscArrayQueue<>(2 * Pairs.COUNT);
    private final AtomicLong done = new AtomicLong();
    private final Thread thread;
    private final Gate gate;
    private long handed;

    Queue(String name, Pairs pairs) {
      this.name = name;
      for (int i = 0; i < copies.length; i++) {
        copies[i] = new Copy(i);
      }
      thread = new Thread(() -> drain(pairs), "bench-jctools");
      gate = new Gate(thread);
      thread.setDaemon(true);
      thread.start();
    }

    private void drain(Pairs pairs) {
      long count = 0;
      while (!Thread.currentThread().isInterrupted()) {
        final int drained = queue.drain(copy -> pairs.copy(copy.pair), BATCH);
        if (drained == 0) {
          gate.pass();
          Thread.onSpinWait();
        } else {
          count += drained;
          done.setRelease(count);
        }
      }
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public long run(long operations) {
      gate.open();
      final long begun = System.nanoTime();
      for (long i = 0; i < operations; i++) {
        await(handed - Pairs.COUNT + 1);
        final Copy copy = copies[(int) i & Pairs.COUNT - 1];
        while (!queue.offer(copy)) {
          Thread.onSpinWait();
        }
        handed++;
      }
      await(handed);
      return System.nanoTime() - begun;
    }

    private long seen;

    private void await(long count) {
      while (seen < count) {
        seen = done.getAcquire();
        if (seen < count) {
          Thread.onSpinWait();
        }
      }
    }

    @Override
    public void rest() {
      gate.close();
    }

    @Override
    public void close() {
      thread.interrupt();
    }
  }
}
