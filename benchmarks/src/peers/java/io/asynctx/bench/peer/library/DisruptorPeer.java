package io.asynctx.bench.peer.library;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.BatchEventProcessor;
import com.lmax.disruptor.BatchEventProcessorBuilder;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.WaitStrategy;
import io.asynctx.bench.Pairs;
import io.asynctx.bench.peer.HandOffPeer;
import org.jspecify.annotations.Nullable;

/** LMAX Disruptor: one producer that publishes in batches, one consumer that spins. */
public final class DisruptorPeer implements HandOffPeer {

  /** Found by the service loader. */
  public DisruptorPeer() {}

  @Override
  public String title() {
    return "Disruptor, batches";
  }

  @Override
  public String version() {
    return Jar.of(RingBuffer.class);
  }

  @Override
  public Link open(Pairs pairs) {
    return new Ring(title(), pairs);
  }

  /** What goes through the ring: which pair. */
  private static final class Copy {
    private int pair;
  }

  /** As its own BusySpinWaitStrategy, but stops at the gate. */
  private static final class Spin implements WaitStrategy {
    private @Nullable Gate gate;

    @Override
    public long waitFor(long sequence, Sequence cursor, Sequence dependent, SequenceBarrier barrier)
        throws AlertException {
      long available;
      while ((available = dependent.get()) < sequence) {
        barrier.checkAlert();
        final Gate stop = gate;
        if (stop != null) {
          stop.pass();
        }
        Thread.onSpinWait();
      }
      return available;
    }

    @Override
    public void signalAllWhenBlocking() {
      // nobody blocks
    }
  }

  private static final class Ring implements Link {
    private final String name;
    private final RingBuffer<Copy> ring;
    private final BatchEventProcessor<Copy> consumer;
    private final Thread thread;
    private final Gate gate;

    Ring(String name, Pairs pairs) {
      this.name = name;
      final Spin spin = new Spin();
      ring = RingBuffer.createSingleProducer(Copy::new, Pairs.COUNT, spin);
      consumer =
          new BatchEventProcessorBuilder()
              .build(ring, ring.newBarrier(), (copy, sequence, last) -> pairs.copy(copy.pair));
      ring.addGatingSequences(consumer.getSequence());
      thread = new Thread(consumer, "bench-disruptor");
      gate = new Gate(thread);
      spin.gate = gate;
      thread.setDaemon(true);
      thread.start();
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public long run(long operations) {
      gate.open();
      final long begun = System.nanoTime();
      for (long i = 0; i < operations; i += BATCH) {
        final int batch = (int) Math.min(BATCH, operations - i);
        while (!ring.hasAvailableCapacity(batch)) {
          Thread.onSpinWait();
        }
        final long last = ring.next(batch);
        for (long at = last - batch + 1; at <= last; at++) {
          ring.get(at).pair = (int) at & Pairs.COUNT - 1;
        }
        ring.publish(last - batch + 1, last);
      }
      final long last = ring.getCursor();
      while (consumer.getSequence().get() < last) {
        Thread.onSpinWait();
      }
      return System.nanoTime() - begun;
    }

    @Override
    public void rest() {
      gate.close();
    }

    @Override
    public void close() {
      consumer.halt();
      thread.interrupt();
      gate.open();
    }
  }
}
