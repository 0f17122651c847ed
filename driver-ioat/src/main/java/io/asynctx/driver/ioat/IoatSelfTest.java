package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What every channel must do before its device is registered: each operation once, compared byte by
 * byte with what the CPU makes of it; each check once with a stripe that fits and once with one bit
 * flipped, which it must find.
 *
 * <p>Threading: owned by one thread.
 *
 * @see "Linux drivers/dma/ioat/init.c, ioat_dma_self_test and ioat_xor_val_self_test"
 */
final class IoatSelfTest {
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** Not aligned to anything, and an odd number of bytes. */
  private static final int COPY_BYTES = 2001;

  private static final int BLOCK_BYTES = 4096;
  private static final int ROOM = BLOCK_BYTES * 20;
  private static final int POLYNOMIAL = 0x11d;
  private static final byte FILLING = 0x5a;
  private static final int FLIPPED = 1234;

  private final IoatDevice device;
  private final IoatClock clock;

  IoatSelfTest(IoatDevice device, IoatClock clock) {
    this.device = device;
    this.clock = clock;
  }

  /**
   * Tests every channel.
   *
   * @throws IoatUnusableException if one fails, naming channel, operation and what differs
   */
  void run() throws IoatUnusableException {
    for (int channel = 0; channel < device.channels(); channel++) {
      final ChannelOps ops = device.open(channel);
      try (Arena arena = Arena.ofShared()) {
        final MemorySegment memory = arena.allocate(ROOM, BLOCK_BYTES);
        ops.map(memory);
        try {
          new Trial(device.name() + '/' + channel, ops, memory).run();
        } finally {
          ops.terminateAll(new Answer(), clock.nanoTime() + PATIENCE_NANOS);
          // whatever it answered: after this it cannot reach the memory
          ops.unmap(memory);
          ops.close();
        }
      }
    }
  }

  private static byte multiplied(byte value, int factor) {
    int product = 0;
    int shifted = value & 0xff;
    for (int bits = factor; bits != 0; bits >>>= 1) {
      product ^= (bits & 1) != 0 ? shifted : 0;
      shifted <<= 1;
      shifted ^= shifted > 0xff ? POLYNOMIAL : 0;
    }
    return (byte) product;
  }

  /** How the one transfer ended. */
  private static final class Answer implements CompletionSink {
    @Nullable TransferResult result;
    int sumCheck;

    @Override
    public void completed(long tag, TransferResult how, long residue) {
      result = how;
    }

    @Override
    public void validated(long tag, int bits) {
      result = TransferResult.NO_ERROR;
      sumCheck = bits;
    }

    @Override
    public void stopped(long tag, TransferResult reason, long done) {
      result = TransferResult.ABORTED;
    }

    @Override
    public void notStarted(long tag) {
      result = TransferResult.ABORTED;
    }
  }

  /** The tests of one channel. */
  private final class Trial {
    private final String name;
    private final ChannelOps ops;
    private final MemorySegment memory;
    private int used;
    private long seed = 1;

    Trial(String name, ChannelOps ops, MemorySegment memory) {
      this.name = name;
      this.ops = ops;
      this.memory = memory;
    }

    void run() throws IoatUnusableException {
      copy();
      if (device.capabilities(0).has(DmaCap.MEMSET)) {
        fill();
      }
      if (device.capabilities(0).has(DmaCap.XOR)) {
        xor(device.limits(0).maxXor());
      }
      if (device.capabilities(0).has(DmaCap.PQ)) {
        syndromes(device.limits(0).maxPq());
      }
    }

    private void copy() throws IoatUnusableException {
      used = 0;
      final MemorySegment from = block().asSlice(3, COPY_BYTES);
      final MemorySegment to = zeros().asSlice(5, COPY_BYTES);
      done(IoatTrial.copy(to, from));
      same(DmaCap.MEMCPY, to, bytes(from));
    }

    private void fill() throws IoatUnusableException {
      used = 0;
      final MemorySegment to = block();
      done(IoatTrial.fill(to, FILLING));
      final byte[] expected = new byte[BLOCK_BYTES];
      java.util.Arrays.fill(expected, FILLING);
      same(DmaCap.MEMSET, to, expected);
    }

    private void xor(int count) throws IoatUnusableException {
      used = 0;
      final List<@Nullable MemorySegment> sources = blocks(count);
      final MemorySegment to = zeros();
      done(IoatTrial.xor(to, sources));
      same(DmaCap.XOR, to, sum(sources, false));
      final List<@Nullable MemorySegment> all = new ArrayList<>(sources.subList(0, count - 1));
      final MemorySegment last = all.isEmpty() ? to : zeros();
      last.copyFrom(MemorySegment.ofArray(sum(all, false)));
      all.add(last);
      checked(IoatTrial.check(DmaCap.XOR_VAL, all), 0);
      flip(last);
      checked(IoatTrial.check(DmaCap.XOR_VAL, all), SumCheck.P_WRONG);
    }

    private void syndromes(int count) throws IoatUnusableException {
      used = 0;
      final List<@Nullable MemorySegment> data = blocks(count);
      final MemorySegment p = zeros();
      final MemorySegment q = zeros();
      done(IoatTrial.pq(p, q, data));
      same(DmaCap.PQ, p, sum(data, false));
      same(DmaCap.PQ, q, sum(data, true));
      final List<@Nullable MemorySegment> stripe = new ArrayList<>(data);
      stripe.add(p);
      stripe.add(q);
      checked(IoatTrial.check(DmaCap.PQ_VAL, stripe), 0);
      flip(q);
      checked(IoatTrial.check(DmaCap.PQ_VAL, stripe), SumCheck.Q_WRONG);
      flip(q);
      flip(p);
      checked(IoatTrial.check(DmaCap.PQ_VAL, stripe), SumCheck.P_WRONG);
    }

    private MemorySegment zeros() {
      final MemorySegment block = memory.asSlice((long) used * BLOCK_BYTES, BLOCK_BYTES);
      used++;
      return block.fill((byte) 0);
    }

    private MemorySegment block() {
      final MemorySegment block = zeros();
      for (int i = 0; i < BLOCK_BYTES; i++) {
        seed = seed * 6364136223846793005L + 1442695040888963407L;
        block.set(ValueLayout.JAVA_BYTE, i, (byte) (seed >>> 56));
      }
      return block;
    }

    private List<@Nullable MemorySegment> blocks(int count) {
      final List<@Nullable MemorySegment> blocks = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        blocks.add(block());
      }
      return blocks;
    }

    private void flip(MemorySegment block) {
      final byte now = block.get(ValueLayout.JAVA_BYTE, FLIPPED);
      block.set(ValueLayout.JAVA_BYTE, FLIPPED, (byte) (now ^ 1));
    }

    private byte[] bytes(MemorySegment block) {
      return block.toArray(ValueLayout.JAVA_BYTE);
    }

    private byte[] sum(List<@Nullable MemorySegment> blocks, boolean weighted) {
      final byte[] sum = new byte[BLOCK_BYTES];
      int weight = 1;
      for (MemorySegment block : blocks) {
        final byte[] bytes = block == null ? new byte[BLOCK_BYTES] : bytes(block);
        for (int i = 0; i < BLOCK_BYTES; i++) {
          sum[i] ^= weighted ? multiplied(bytes[i], weight) : bytes[i];
        }
        weight = multiplied((byte) weight, 2) & 0xff;
      }
      return sum;
    }

    private void done(IoatTrial transfer) throws IoatUnusableException {
      final Answer answer = ended(transfer);
      if (answer.result != TransferResult.NO_ERROR) {
        throw failed(transfer.operation(), "result=" + answer.result);
      }
    }

    private void checked(IoatTrial transfer, int expected) throws IoatUnusableException {
      final Answer answer = ended(transfer);
      if (answer.result != TransferResult.NO_ERROR || answer.sumCheck != expected) {
        throw failed(
            transfer.operation(),
            "result="
                + answer.result
                + ", found=0x"
                + Integer.toHexString(answer.sumCheck)
                + ", expected=0x"
                + Integer.toHexString(expected));
      }
    }

    private Answer ended(IoatTrial transfer) throws IoatUnusableException {
      final Answer answer = new Answer();
      ops.push(transfer);
      ops.doorbell();
      final long end = clock.nanoTime() + PATIENCE_NANOS;
      while (ops.poll(1, answer) == 0) {
        if (clock.nanoTime() - end > 0) {
          throw failed(transfer.operation(), "no completion within " + PATIENCE_NANOS + " ns");
        }
        clock.pause();
      }
      return answer;
    }

    private void same(DmaCap operation, MemorySegment block, byte[] expected)
        throws IoatUnusableException {
      final long at = block.mismatch(MemorySegment.ofArray(expected));
      if (at >= 0) {
        throw failed(
            operation,
            String.format(
                "wrong byte: offset=%d, expected=0x%02x, found=0x%02x",
                at, expected[(int) at] & 0xff, block.get(ValueLayout.JAVA_BYTE, at) & 0xff));
      }
    }

    private IoatUnusableException failed(DmaCap operation, String how) {
      return new IoatUnusableException(
          "self-test failed: channel=" + name + ", operation=" + operation + ", " + how,
          "do not use the device; it is looked at again when it comes back");
    }
  }
}
