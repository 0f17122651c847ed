package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DescriptorSnapshot;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.Transfer;
import io.asynctx.driver.soft.SoftDevices;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A shared arena is closed around an operation of the real driver, until 10,000 were hit on their
 * way: before it is prepared, while it is queued, while it runs, after it has ended. Which of these
 * it was is told by what was seen, not by when it was meant to be.
 */
final class ClosedSegmentTest {

  private static final int TIMES = 10_000;
  private static final int AT_LEAST = 20;
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final int LARGEST = 512 << 10;
  private static final int BLOCKS = 6;
  private static final byte VALUE = 0x5a;

  /** When the arena was closed. */
  private enum When {
    BEFORE_PREP,
    QUEUED,
    RUNNING,
    AFTER
  }

  /** The operations, and how many operands each has: destinations first. */
  private enum Kind {
    MEMCPY(1, 1),
    MEMSET(1, 0),
    XOR(1, BLOCKS - 1),
    XOR_VAL(0, BLOCKS),
    PQ(2, BLOCKS - 2),
    PQ_VAL(0, BLOCKS),
    RAID6_RECOV(2, BLOCKS);

    final int destinations;
    final int sources;

    Kind(int destinations, int sources) {
      this.destinations = destinations;
      this.sources = sources;
    }
  }

  /** One operation with one operand in an arena that is closed. */
  private final class Case {
    final Arena arena = Arena.ofShared();
    final Kind kind;
    final int length;
    final int operand;
    final MemorySegment doomed;
    final AtomicInteger callbacks = new AtomicInteger();
    long delayNanos;
    volatile boolean closed;
    volatile boolean begunOpen;

    Case(Kind kind, int length, int operand) {
      this.kind = kind;
      this.length = length;
      this.operand = operand;
      this.doomed = arena.allocate(length, 64).fill(VALUE);
    }

    MemorySegment operand(int i) {
      return i == operand ? doomed : lasting[i];
    }

    MemorySegment[] sources() {
      final MemorySegment[] sources = new MemorySegment[kind.sources];
      for (int i = 0; i < sources.length; i++) {
        sources[i] = operand(kind.destinations + i);
      }
      return sources;
    }

    /** P and Q come last where the operation takes a stripe. */
    MemorySegment[] stripe() {
      final MemorySegment[] stripe = new MemorySegment[BLOCKS];
      System.arraycopy(sources(), 0, stripe, 0, BLOCKS - 2);
      stripe[BLOCKS - 2] = operand(0);
      stripe[BLOCKS - 1] = operand(1);
      return stripe;
    }

    /** Blocks 0 and 1 are lost: the destinations are blocks, too. */
    MemorySegment[] recovered() {
      final MemorySegment[] stripe = sources();
      stripe[0] = operand(0);
      stripe[1] = operand(1);
      return stripe;
    }

    long prepare() {
      return switch (kind) {
        case MEMCPY -> channel.prepMemcpy(operand(0), operand(1), length, 0);
        case MEMSET -> channel.prepMemset(operand(0), VALUE, length, 0);
        case XOR -> channel.prepXor(operand(0), sources(), kind.sources, length, 0);
        case XOR_VAL -> channel.prepXorVal(sources(), kind.sources, length, new SumCheck(), 0);
        case PQ -> channel.prepPq(stripe(), BLOCKS, length, 0);
        case PQ_VAL -> channel.prepPqVal(sources(), BLOCKS, length, new SumCheck(), 0);
        case RAID6_RECOV -> channel.prepRecovery(recovered(), BLOCKS, length, 0, 1, 0);
      };
    }

    boolean copiesFromIt() {
      return kind == Kind.MEMCPY && operand == 1;
    }

    String name() {
      return (operand < kind.destinations
              ? "destination " + operand
              : "source " + (operand - kind.destinations))
          + ", address=0x"
          + Long.toHexString(doomed.address())
          + ", size="
          + length;
    }

    void close() {
      arena.close();
      closed = true;
    }

    @Override
    public String toString() {
      return kind + " length=" + length + " " + name();
    }
  }

  private final MemorySegment[] lasting = new MemorySegment[2 + BLOCKS];
  private final MemorySegment ahead = Arena.global().allocate(LARGEST, 64);
  private final Rig rig = new Rig();
  private final Map<When, Integer> seen = new EnumMap<>(When.class);
  private final SynchronousQueue<Case> toClose = new SynchronousQueue<>();
  private final Random random = new Random(11);
  private DmaChannel channel;
  private volatile boolean over;
  private volatile Throwable closerFailed;

  @AfterEach
  void stop() {
    over = true;
    rig.close();
  }

  private void begins(String on, Transfer transfer) {
    if (transfer instanceof Descriptor d && d.parameter instanceof Case c && !c.closed) {
      c.begunOpen = true;
    }
  }

  private void closer() {
    try {
      while (!over) {
        final Case c = toClose.poll(10, TimeUnit.MILLISECONDS);
        if (c != null) {
          final long until = System.nanoTime() + c.delayNanos;
          while (System.nanoTime() - until < 0) {
            Thread.onSpinWait();
          }
          c.close();
        }
      }
    } catch (Throwable e) {
      closerFailed = e;
    }
  }

  @Test
  void anArenaClosedAroundAnOperationEndsItNamingTheSegmentAndTheJvmLives() throws Exception {
    for (int i = 0; i < lasting.length; i++) {
      lasting[i] = Arena.global().allocate(LARGEST, 64).fill(VALUE);
    }
    rig.add(SoftDevices.device("soft", 1, this::begins));
    channel = rig.client("closing").channel(0);
    final Thread closer = new Thread(this::closer, "test-closer");
    closer.setDaemon(true);
    closer.start();
    for (int i = 0; underWay() < TIMES; i++) {
      assertTrue(i < 4 * TIMES, () -> "too tame: " + seen);
      final When when = once(next(i));
      seen.merge(when, 1, Integer::sum);
      assertNull(closerFailed, () -> "closer: " + closerFailed);
    }
    for (When when : When.values()) {
      assertTrue(seen.getOrDefault(when, 0) >= AT_LEAST, "too tame: " + seen);
    }
    theChannelStillWorks();
    rig.assertEverySlotFree();
    assertEquals(0, rig.engine.counters().driverFaults.sum());
  }

  private int underWay() {
    return seen.getOrDefault(When.QUEUED, 0) + seen.getOrDefault(When.RUNNING, 0);
  }

  private Case next(int i) {
    final Kind kind = Kind.values()[i % Kind.values().length];
    final int length = 64 << 3 * random.nextInt(5); // 64 bytes to 256 KiB
    int operand = random.nextInt(kind.destinations + kind.sources);
    if (kind == Kind.RAID6_RECOV && (operand == 2 || operand == 3)) {
      operand -= 2; // the lost blocks are the destinations
    }
    return new Case(kind, length, operand);
  }

  private When once(Case c) throws InterruptedException {
    final int how = random.nextInt(32);
    if (how == 0) {
      c.close();
      return refused(c);
    }
    if (random.nextBoolean()) {
      fillAhead(1 + random.nextInt(3));
    }
    if (c.copiesFromIt()) {
      lasting[0].set(ValueLayout.JAVA_BYTE, c.length - 1, (byte) 0);
    }
    final long handle = c.prepare();
    channel.callback(handle, (h, result, parameter) -> c.callbacks.incrementAndGet(), c);
    channel.submit(handle);
    if (how < 4) {
      c.close(); // submitted, and not issued
    } else {
      final long bytes = (long) c.length * (c.kind.destinations + c.kind.sources);
      c.delayNanos = random.nextLong(10_000 + bytes / 2);
      toClose.put(c);
    }
    channel.issuePending();
    assertNotEquals(WaitResult.TIMED_OUT, channel.waitFor(handle, LONG), c::toString);
    Rig.await("it is closed: " + c, () -> c.closed || closerFailed != null);
    return ended(c, handle);
  }

  private When refused(Case c) {
    try {
      c.prepare();
    } catch (IllegalStateException e) {
      assertTrue(e.getMessage().startsWith("operand's segment is closed: operand="), e.toString());
      return When.BEFORE_PREP;
    }
    throw new AssertionError("a closed segment was taken: " + c);
  }

  private When ended(Case c, long handle) {
    Rig.await("callback of " + c, () -> c.callbacks.get() > 0);
    assertEquals(1, c.callbacks.get(), c::toString);
    final DescriptorSnapshot end = channel.describe(handle);
    channel.ack(handle);
    if (end.result() == TransferResult.NO_ERROR) {
      if (c.copiesFromIt()) {
        assertEquals(VALUE, lasting[0].get(ValueLayout.JAVA_BYTE, c.length - 1), c::toString);
      }
      return When.AFTER;
    }
    assertEquals(TransferResult.SEGMENT_CLOSED, end.result(), () -> c + ": " + end);
    assertEquals(DmaStatus.ERROR, end.status());
    assertEquals(
        "a segment was closed while the operation was under way; " + c.name(), end.detail());
    assertTrue(end.residue() > 0 && end.residue() <= c.length, end::toString);
    return c.begunOpen ? When.RUNNING : When.QUEUED;
  }

  private void fillAhead(int operations) {
    for (int i = 0; i < operations; i++) {
      channel.submit(channel.prepMemset(ahead, VALUE, ahead.byteSize(), DmaChannel.PREP_ACK));
    }
  }

  private void theChannelStillWorks() {
    final MemorySegment from = Arena.global().allocate(4096).fill((byte) 3);
    final MemorySegment to = Arena.global().allocate(4096);
    final long handle = channel.submit(channel.prepMemcpy(to, from, 4096, 0));
    channel.issuePending();
    assertEquals(WaitResult.COMPLETE, channel.waitFor(handle, LONG));
    channel.ack(handle);
    assertEquals(-1, to.mismatch(from));
  }
}
