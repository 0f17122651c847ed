package io.asynctx.tester;

import static io.asynctx.async.AsyncTxFlags.ACK;
import static io.asynctx.async.AsyncTxFlags.DEP_ACK;
import static io.asynctx.async.AsyncTxFlags.FENCE;
import static io.asynctx.async.AsyncTxFlags.XOR_DROP_DST;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.memory.DmaBuffer;
import io.asynctx.memory.DmaBuffers;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Room for one stripe and its way through the job: described by the seed's chain and P/Q, checked,
 * damaged, rebuilt, checked again. Each step is submitted whole; its memory is touched by the job
 * only after the step before it has ended.
 *
 * <p>Threading: one thread.
 */
final class Stripe implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Stripe.class);

  private final Layout layout;
  private final Ledger ledger;
  private final DmaBuffer buffer;
  private final MemorySegment[] blocks;
  private final MemorySegment[] data;
  private final MemorySegment[] chainSources;
  private final MemorySegment[] parityAndData;
  private final MemorySegment[] mirrorCheck;
  private final MemorySegment sum;
  private final MemorySegment mirror;
  private final SubmitControl control = new SubmitControl().allowSynchronous(false);
  private final Ledger.Batch batch = new Ledger.Batch();
  private final SumCheck xorResult = new SumCheck();
  private final SumCheck mirrorResult = new SumCheck();
  private final SumCheck pqResult = new SumCheck();
  private long unacknowledged = AsyncTx.NONE;
  private long number = -1;
  private Step step = Step.FREE;

  /** What is submitted, or comes next. */
  enum Step {
    /** Holds no stripe. */
    FREE,
    /** The chain and P/Q are under way. */
    GENERATE,
    /** What was generated is being checked. */
    CHECK,
    /** Two blocks are being rebuilt and checked. */
    RECOVER
  }

  Stripe(Layout layout, Ledger ledger, DmaBuffers buffers) {
    this.layout = layout;
    this.ledger = ledger;
    this.buffer = buffers.allocate((long) layout.blockSize() * (layout.disks() + 2));
    this.blocks =
        IntStream.range(0, layout.disks()).mapToObj(this::slice).toArray(MemorySegment[]::new);
    this.data =
        IntStream.range(0, layout.dataDisks()).mapToObj(this::slice).toArray(MemorySegment[]::new);
    this.sum = slice(layout.disks());
    this.mirror = slice(layout.disks() + 1);
    this.chainSources = first(sum);
    this.parityAndData = first(blocks[layout.p()]);
    this.mirrorCheck = new MemorySegment[] {mirror, sum, blocks[layout.p()]};
  }

  private MemorySegment slice(int i) {
    return buffer.segment().asSlice((long) i * layout.blockSize(), layout.blockSize());
  }

  private MemorySegment[] first(MemorySegment before) {
    final MemorySegment[] all = new MemorySegment[data.length + 1];
    all[0] = before;
    System.arraycopy(data, 0, all, 1, data.length);
    return all;
  }

  long number() {
    return number;
  }

  Step step() {
    return step;
  }

  Ledger.Batch batch() {
    return batch;
  }

  MemorySegment disk(int disk) {
    return blocks[disk];
  }

  /** The data blocks, one after the other, as the file has them. */
  MemorySegment content() {
    return buffer.segment().asSlice(0, layout.stripeBytes());
  }

  /** Takes the next stripe; its bytes are to be put into {@link #content()}. */
  void take(long stripe) {
    number = stripe;
    sum.fill((byte) 0);
  }

  void free() {
    step = Step.FREE;
    number = -1;
  }

  /** The document's example of 2007, flag by flag, and P and Q beside it. */
  void generate() {
    step = Step.GENERATE;
    final int len = layout.blockSize();
    final int count = chainSources.length;
    long tx =
        ledger.submit(
            batch,
            control.with(XOR_DROP_DST, AsyncTx.NONE),
            (async, c) -> async.xor(sum, chainSources, count, len, c));
    unacknowledged = tx;
    tx =
        ledger.submit(
            batch, control.with(DEP_ACK, tx), (async, c) -> async.memcpy(mirror, sum, len, c));
    unacknowledged = tx;
    ledger.submit(
        batch,
        control.with(XOR_DROP_DST | DEP_ACK | ACK, tx),
        (async, c) -> async.xor(sum, chainSources, count, len, c));
    unacknowledged = AsyncTx.NONE;
    ledger.submit(
        batch,
        control.with(ACK, AsyncTx.NONE),
        (async, c) -> async.pq(blocks, layout.disks(), len, c));
  }

  /**
   * Checks P and Q, and the chain: its copy must be P, and its sum, having had everything added
   * twice, nothing.
   */
  void check() {
    step = Step.CHECK;
    validate(AsyncTx.NONE, ACK);
    ledger.submit(
        batch,
        control.with(ACK, AsyncTx.NONE),
        (async, c) -> async.xorVal(mirrorCheck, 3, layout.blockSize(), mirrorResult, c));
  }

  /** Overwrites two blocks, the only copies there are, and has them rebuilt and checked. */
  void recover(SplittableRandom random) {
    step = Step.RECOVER;
    final Layout.Loss loss = layout.loss(number);
    scribble(blocks[loss.a()], random);
    scribble(blocks[loss.b()], random);
    final int len = layout.blockSize();
    final long tx =
        ledger.submit(
            batch,
            control.with(FENCE, AsyncTx.NONE),
            (async, c) ->
                loss.b() == layout.p()
                    ? async.raid6DataAndPRecovery(blocks, layout.disks(), len, loss.a(), c)
                    : async.raid6TwoDataRecovery(
                        blocks, layout.disks(), len, loss.a(), loss.b(), c));
    unacknowledged = tx;
    validate(tx, DEP_ACK | ACK);
    unacknowledged = AsyncTx.NONE;
  }

  private void validate(long after, long lastFlags) {
    ledger.submit(
        batch,
        control.with(ACK, after),
        (async, c) ->
            async.xorVal(parityAndData, parityAndData.length, layout.blockSize(), xorResult, c));
    ledger.submit(
        batch,
        control.with(lastFlags, after),
        (async, c) -> async.pqVal(blocks, layout.disks(), layout.blockSize(), pqResult, c));
  }

  /** Throws if the step's validation found anything. Its operations have ended. */
  void verdict() throws Damage {
    final boolean chainFits = step != Step.CHECK || mirrorResult.fits();
    if (!xorResult.fits() || !pqResult.fits() || !chainFits) {
      throw Damage.locate(layout, number, data, blocks[layout.p()], blocks[layout.q()]);
    }
  }

  /** Changes one byte of one disk. */
  void flip(int disk) {
    final long at = layout.blockSize() / 2;
    blocks[disk].set(JAVA_BYTE, at, (byte) (blocks[disk].get(JAVA_BYTE, at) ^ 0x5a));
  }

  static void scribble(MemorySegment segment, SplittableRandom random) {
    long at = 0;
    for (; at + 8 <= segment.byteSize(); at += 8) {
      segment.set(JAVA_LONG_UNALIGNED, at, random.nextLong());
    }
    for (; at < segment.byteSize(); at++) {
      segment.set(JAVA_BYTE, at, (byte) random.nextInt());
    }
  }

  /** Lets go of a descriptor that a failure in the middle of a chain left unacknowledged. */
  void abandon(AsyncTx async) {
    if (unacknowledged != AsyncTx.NONE) {
      try {
        async.ack(unacknowledged);
      } catch (IllegalStateException e) {
        LOG.debug(
            "not acknowledged: stripe={}, reason={}", number, e.getMessage()); // engine stopped
      }
      unacknowledged = AsyncTx.NONE;
    }
  }

  @Override
  public void close() {
    buffer.closeWhenIdle();
  }
}
