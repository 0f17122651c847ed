package io.asynctx.it;

import io.asynctx.dmaengine.ChannelGoneException;
import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.TransferResult;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.junit.Assert;

/**
 * Work for the channels of a holder, with a ledger outside the engine: what was submitted, how
 * often each callback ran, whether the bytes are right, and whether anybody wrote a destination
 * after its operation had ended.
 *
 * <p>Copies, fills and in-place exclusive ors, a few kilobytes each with some of a hundred between.
 * The exclusive or in place may not be run twice, so a cut may abort it; nothing else may.
 */
final class Traffic implements AutoCloseable {

  private static final int THREADS = 2;
  private static final int CELLS = 24;
  private static final long PAUSE_NANOS = 50_000;
  private static final int SMALL = 4 << 10;
  private static final int LARGE = 128 << 10;
  private static final int PILE = 12;
  private static final int PILE_BYTES = 16 << 20;
  private static final byte CANARY = (byte) 0xC5;
  private static final int DESCRIBE_EVERY = 32;

  private final Holder holder;
  private final List<Thread> threads = new ArrayList<>();
  private final List<Lane> lanes = new ArrayList<>();
  private volatile boolean stop;

  final LongAdder submitted = new LongAdder();
  final LongAdder ended = new LongAdder();
  final LongAdder aborted = new LongAdder();
  final Set<String> versions = ConcurrentHashMap.newKeySet();
  private final Arena pileMemory = Arena.ofShared();
  private final MemorySegment pileSource = pileMemory.allocate(PILE_BYTES).fill((byte) 0x5a);
  private final MemorySegment pile = pileMemory.allocate(PILE_BYTES).fill((byte) 0x5a);
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

  Traffic(Holder holder) {
    this.holder = holder;
  }

  /** Starts to submit, as fast as a few buffers allow. */
  Traffic start() {
    for (int i = 0; i < THREADS; i++) {
      final Lane lane = new Lane(i);
      lanes.add(lane);
      final Thread thread = new Thread(lane, "it-traffic-" + i);
      threads.add(thread);
      thread.start();
    }
    return this;
  }

  private void wrong(String what) {
    if (wrong.size() < 16) {
      wrong.add(what);
    }
  }

  /** One submitter with buffers of its own. */
  private final class Lane implements Runnable {
    final Random random;
    final Cell[] cells = new Cell[CELLS];

    Lane(int seed) {
      random = new Random(seed);
      for (int i = 0; i < CELLS; i++) {
        cells[i] = new Cell(i % 8 == 0 ? LARGE : SMALL);
      }
    }

    @Override
    public void run() {
      try {
        for (int i = 0; !stop; i = (i + 1) % CELLS) {
          if (!cells[i].free) {
            issue();
          } else if (!submit(cells[i])) {
            LockSupport.parkNanos(PAUSE_NANOS);
          }
        }
      } catch (Throwable e) {
        wrong("submitter ended: " + e);
      }
    }

    private void issue() {
      for (DmaChannel channel : holder.channels) {
        channel.issuePending();
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }

    private boolean submit(Cell cell) {
      final Object[] channels = holder.channels.toArray();
      if (channels.length == 0) {
        return false;
      }
      final DmaChannel channel = (DmaChannel) channels[random.nextInt(channels.length)];
      try {
        return cell.submit(channel, random);
      } catch (ChannelGoneException | EngineStoppedException e) {
        return false; // between look and use; it will be told
      }
    }
  }

  /** Two buffers, and the operation between them. */
  private final class Cell implements CompletionCallback {
    final MemorySegment source;
    final MemorySegment destination;
    final MemorySegment canary;
    volatile boolean free = true;
    volatile DmaChannel channel;
    private String kind = "";
    private byte value;
    private boolean once;

    Cell(int bytes) {
      source = Arena.global().allocate(bytes);
      destination = Arena.global().allocate(bytes).fill(CANARY);
      canary = Arena.global().allocate(bytes).fill(CANARY);
    }

    boolean submit(DmaChannel on, Random random) {
      if (destination.mismatch(canary) >= 0) {
        wrong("written after its end: kind=" + kind + ", offset=" + destination.mismatch(canary));
        destination.fill(CANARY);
      }
      value = (byte) (1 + random.nextInt(127));
      source.fill(value);
      source.set(ValueLayout.JAVA_BYTE, random.nextInt((int) source.byteSize()), (byte) 0);
      final long handle = prepare(on, random.nextInt(8));
      if (handle == DmaChannel.NONE) {
        on.issuePending();
        return false;
      }
      channel = on;
      free = false;
      on.callback(handle, this, new AtomicInteger());
      submitted.increment();
      on.submit(handle);
      return true;
    }

    private long prepare(DmaChannel on, int which) {
      final long bytes = source.byteSize();
      once = which == 0;
      if (which == 0) {
        kind = "xor in place";
        return on.prepXor(
            destination,
            new MemorySegment[] {destination, source},
            2,
            bytes,
            DmaChannel.PREP_ACK | DmaChannel.PREP_XOR_DROP_DST);
      } else if (which == 1) {
        kind = "fill";
        source.fill(value);
        return on.prepMemset(destination, value, bytes, DmaChannel.PREP_ACK);
      }
      kind = "copy";
      return on.prepMemcpy(destination, source, bytes, DmaChannel.PREP_ACK);
    }

    @Override
    public void completed(long handle, TransferResult result, Object parameter) {
      if (((AtomicInteger) parameter).incrementAndGet() != 1) {
        wrong("ended more than once: kind=" + kind);
        return;
      }
      if (result == TransferResult.NO_ERROR) {
        check();
      } else if (result == TransferResult.ABORTED && once) {
        aborted.increment();
      } else {
        wrong("ended as " + result + ": " + channel.describe(handle));
      }
      if (ended.sum() % DESCRIBE_EVERY == 0) {
        versions.add(channel.describe(handle).provenance().driverVersion());
      }
      destination.fill(CANARY);
      ended.increment();
      free = true;
    }

    private void check() {
      if (once) {
        for (long i = 0; i < destination.byteSize(); i += Long.BYTES) {
          final long is = destination.get(ValueLayout.JAVA_LONG, i);
          final long was = source.get(ValueLayout.JAVA_LONG, i);
          if ((is ^ was) != canary.get(ValueLayout.JAVA_LONG, i)) {
            wrong("wrong byte: kind=" + kind + ", near offset=" + i);
            return;
          }
        }
      } else if (destination.mismatch(source) >= 0) {
        wrong("wrong byte: kind=" + kind + ", offset=" + destination.mismatch(source));
      }
    }
  }

  /**
   * Submits some long copies to a device and issues them: for tens of milliseconds there is work
   * with it, whenever it is looked at.
   */
  void pileUp(String device) {
    final DmaChannel channel =
        Await.value(
            "a channel of " + device,
            () ->
                holder.channels.stream()
                    .filter(c -> c.device().equals(device))
                    .findAny()
                    .orElse(null));
    for (int i = 0; i < PILE; i++) {
      try {
        final long handle = channel.prepMemcpy(pile, pileSource, PILE_BYTES, DmaChannel.PREP_ACK);
        channel.callback(handle, this::piled, new AtomicInteger());
        submitted.increment();
        channel.submit(handle);
      } catch (ChannelGoneException e) {
        throw new AssertionError("nobody takes the channel away at this moment", e);
      }
    }
    channel.issuePending();
  }

  private void piled(long handle, TransferResult result, Object parameter) {
    if (((AtomicInteger) parameter).incrementAndGet() != 1) {
      wrong("ended more than once: kind=long copy");
      return;
    }
    if (result != TransferResult.NO_ERROR) {
      wrong("ended as " + result + ": kind=long copy");
    }
    ended.increment();
  }

  /** Waits until so many more have ended: traffic flows. */
  void flows() {
    final long from = ended.sum();
    Await.until(
        () -> "operations ending: ended=" + ended + ", held=" + holder.names() + ", " + wrong,
        () -> ended.sum() > from + 200 || !wrong.isEmpty());
  }

  /** Stops to submit; every operation ends, once, with the right bytes. */
  @Override
  public void close() {
    stop = true;
    Await.ended(threads);
    Await.until(
        () -> "every operation ended: submitted=" + submitted + ", ended=" + ended,
        () -> {
          holder.channels.forEach(DmaChannel::issuePending);
          return ended.sum() == submitted.sum();
        });
    for (Lane lane : lanes) {
      for (Cell cell : lane.cells) {
        if (cell.destination.mismatch(cell.canary) >= 0) {
          wrong("written after its end: kind=" + cell.kind);
        }
      }
    }
    if (pile.mismatch(pileSource) >= 0) {
      wrong("wrong byte: kind=long copy, offset=" + pile.mismatch(pileSource));
    }
    pileMemory.close();
    Assert.assertEquals(List.of(), List.copyOf(wrong));
  }

  Map<String, Object> counts() {
    final Map<String, Object> counts = new TreeMap<>();
    counts.put("submitted", submitted.sum());
    counts.put("ended", ended.sum());
    counts.put("aborted", aborted.sum());
    counts.put("versions", versions);
    return counts;
  }
}
