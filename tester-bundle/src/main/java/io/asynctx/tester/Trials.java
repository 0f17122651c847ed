package io.asynctx.tester;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.SumCheck;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the trials of each {@link Exercise} on one thread's buffers, with an answer worked out by
 * the {@link Oracle}, and with damage where a check must find some.
 *
 * <p>Threading: one thread.
 */
final class Trials {

  private final DmaChannel channel;
  private final MemorySegment[] buffers;
  private final int sources;
  private final SplittableRandom random;
  private final SumCheck sumCheck;
  private final CompletionCallback callback;
  private long offset;
  private long resultOffset;
  private int length;

  /**
   * Trials on a channel.
   *
   * @param buffers sources first, then what is written
   * @param sources how many of them are sources
   * @param sumCheck where checks leave their answer
   * @param callback of the last operation of each trial
   */
  Trials(
      DmaChannel channel,
      MemorySegment[] buffers,
      int sources,
      SplittableRandom random,
      SumCheck sumCheck,
      CompletionCallback callback) {
    this.channel = channel;
    this.buffers = buffers;
    this.sources = sources;
    this.random = random;
    this.sumCheck = sumCheck;
    this.callback = callback;
  }

  /** One test: how to submit it, and what must come of it. */
  static final class Trial {
    private final byte[] @Nullable [] expected;
    private Supplier<List<Long>> submit = List::of;
    private int sumCheck = -1;

    private Trial(int buffers) {
      expected = new byte[buffers][];
    }

    /**
     * Prepares and submits it.
     *
     * @return the handles, last one last; empty iff no descriptor was free
     */
    List<Long> submit() {
      return submit.get();
    }

    /** What a buffer's region must hold afterwards; null if it must be unchanged. */
    byte @Nullable [] expected(int buffer) {
      return expected[buffer];
    }

    /** The bits a check must find; -1 if it is none. */
    int sumCheck() {
      return sumCheck;
    }
  }

  /** The place in the buffers for the next trial. */
  void place(long offset, long resultOffset, int length) {
    this.offset = offset;
    this.resultOffset = resultOffset;
    this.length = length;
  }

  /** Makes the next trial, on buffers filled with their patterns. */
  Trial next(Exercise exercise, boolean inPlace) {
    return switch (exercise) {
      case COPY -> copy();
      case SET -> set();
      case XOR -> xor(inPlace);
      case PQ -> pq();
      case XORVAL -> xorVal();
      case PQVAL -> pqVal();
      case RECOV -> recover();
      case CHAIN -> chain();
    };
  }

  private MemorySegment in(int i) {
    return buffers[i].asSlice(offset, length);
  }

  private MemorySegment out(int i) {
    return buffers[sources + i].asSlice(resultOffset, length);
  }

  private MemorySegment[] inputs() {
    final MemorySegment[] all = new MemorySegment[sources];
    for (int i = 0; i < sources; i++) {
      all[i] = in(i);
    }
    return all;
  }

  private List<Long> single(long handle) {
    if (handle == DmaChannel.NONE) {
      return List.of();
    }
    channel.callback(handle, callback, null);
    return List.of(channel.submit(handle));
  }

  private Trial copy() {
    final Trial trial = new Trial(buffers.length);
    trial.expected[sources] = in(0).toArray(JAVA_BYTE);
    trial.submit = () -> single(channel.prepMemcpy(out(0), in(0), length, DmaChannel.PREP_NONE));
    return trial;
  }

  private Trial set() {
    final Trial trial = new Trial(buffers.length);
    final byte value = (byte) random.nextInt();
    trial.expected[sources] = new byte[length];
    Arrays.fill(trial.expected[sources], value);
    trial.submit = () -> single(channel.prepMemset(out(0), value, length, DmaChannel.PREP_NONE));
    return trial;
  }

  private Trial xor(boolean inPlace) {
    final Trial trial = new Trial(buffers.length);
    final MemorySegment[] inputs = inputs();
    final MemorySegment[] all = inPlace ? withFirst(out(0), inputs) : inputs;
    trial.expected[sources] = Oracle.xor(all, length);
    trial.submit =
        () ->
            single(
                channel.prepXor(
                    out(0),
                    all,
                    all.length,
                    length,
                    inPlace ? DmaChannel.PREP_XOR_DROP_DST : DmaChannel.PREP_NONE));
    return trial;
  }

  private static MemorySegment[] withFirst(MemorySegment first, MemorySegment[] rest) {
    final MemorySegment[] all = new MemorySegment[rest.length + 1];
    all[0] = first;
    System.arraycopy(rest, 0, all, 1, rest.length);
    return all;
  }

  private MemorySegment[] stripe() {
    final MemorySegment[] blocks = new MemorySegment[sources + 2];
    for (int i = 0; i < sources; i++) {
      blocks[i] = in(i);
    }
    blocks[sources] = out(0);
    blocks[sources + 1] = out(1);
    return blocks;
  }

  private Trial pq() {
    final Trial trial = new Trial(buffers.length);
    trial.expected[sources] = Oracle.xor(inputs(), length);
    trial.expected[sources + 1] = Oracle.q(inputs(), length);
    trial.submit =
        () -> single(channel.prepPq(stripe(), sources + 2, length, DmaChannel.PREP_NONE));
    return trial;
  }

  private Trial xorVal() {
    final Trial trial = new Trial(buffers.length);
    put(out(0), Oracle.xor(inputs(), length));
    final boolean damaged = random.nextBoolean();
    if (damaged) {
      final int which = random.nextInt(sources + 1);
      damage(which < sources ? in(which) : out(0));
    }
    trial.sumCheck = damaged ? SumCheck.P_WRONG : 0;
    final MemorySegment[] all = withFirst(out(0), inputs());
    trial.submit =
        () -> single(channel.prepXorVal(all, all.length, length, sumCheck, DmaChannel.PREP_NONE));
    return trial;
  }

  private Trial pqVal() {
    final Trial trial = new Trial(buffers.length);
    put(out(0), Oracle.xor(inputs(), length));
    put(out(1), Oracle.q(inputs(), length));
    final int what = random.nextInt(4); // nothing, P, Q, a data block: bit 0 is P, bit 1 is Q
    switch (what) {
      case 1 -> damage(out(0));
      case 2 -> damage(out(1));
      case 3 -> damage(in(random.nextInt(sources)));
      default -> {}
    }
    trial.sumCheck = what;
    trial.submit =
        () ->
            single(
                channel.prepPqVal(stripe(), sources + 2, length, sumCheck, DmaChannel.PREP_NONE));
    return trial;
  }

  private Trial recover() {
    final Trial trial = new Trial(buffers.length);
    put(out(0), Oracle.xor(inputs(), length));
    put(out(1), Oracle.q(inputs(), length));
    final int a = random.nextInt(sources);
    int b = random.nextInt(sources); // sources - 1 other data blocks, and P
    if (b >= a) {
      b++;
    }
    final int other = b;
    for (int lost : new int[] {a, other}) {
      final MemorySegment block = lost < sources ? in(lost) : out(0);
      trial.expected[lost] = block.toArray(JAVA_BYTE);
      Stripe.scribble(block, random);
    }
    trial.submit =
        () ->
            single(
                channel.prepRecovery(
                    stripe(), sources + 2, length, a, other, DmaChannel.PREP_NONE));
    return trial;
  }

  private Trial chain() {
    final Trial trial = new Trial(buffers.length);
    final MemorySegment[] inputs = inputs();
    final byte[] sum = Oracle.xor(inputs, length);
    trial.expected[sources] = sum;
    trial.expected[sources + 1] = sum;
    trial.sumCheck = 0;
    trial.submit = () -> submitChain(inputs);
    return trial;
  }

  private List<Long> submitChain(MemorySegment[] inputs) {
    final List<Long> handles = new ArrayList<>();
    final MemorySegment[] check = withFirst(out(1), inputs);
    final long xor = channel.prepXor(out(0), inputs, inputs.length, length, DmaChannel.PREP_FENCE);
    if (xor == DmaChannel.NONE) {
      return handles;
    }
    final long copy = channel.prepMemcpy(out(1), out(0), length, DmaChannel.PREP_FENCE);
    final long val =
        copy == DmaChannel.NONE
            ? DmaChannel.NONE
            : channel.prepXorVal(check, check.length, length, sumCheck, DmaChannel.PREP_NONE);
    if (val == DmaChannel.NONE) {
      channel.abandon(xor);
      if (copy != DmaChannel.NONE) {
        channel.abandon(copy);
      }
      return handles;
    }
    handles.add(channel.submit(xor));
    channel.dependsOn(copy, xor);
    handles.add(channel.submit(copy));
    channel.dependsOn(val, copy);
    channel.callback(val, callback, null);
    handles.add(channel.submit(val));
    return handles;
  }

  private static void put(MemorySegment segment, byte[] bytes) {
    MemorySegment.copy(bytes, 0, segment, JAVA_BYTE, 0, bytes.length);
  }

  private void damage(MemorySegment segment) {
    final long at = random.nextLong(segment.byteSize());
    final int flip = 1 + random.nextInt(255);
    segment.set(JAVA_BYTE, at, (byte) (segment.get(JAVA_BYTE, at) ^ flip));
  }
}
