package io.asynctx.tester.storm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.asynctx.memory.DmaBuffer;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one chain at a time: regions with guards around what operations may touch. The
 * guards say which region they belong to. When the last operation of a chain has ended, the lane is
 * copied and filled with a canary at once: what is written after that is seen at the next use.
 *
 * <pre>
 *  | guard | bytes of the chain | guard | guard | bytes of the chain | guard | ...
 *  0      start             start+length  stride
 * </pre>
 *
 * <p>Threading: {@link #fill}, {@link #compare} and {@link #disturbed} belong to the submitter;
 * {@link #seal} to whoever runs the last callback, once a filling.
 */
final class Lane {

  /** What a lane holds between two chains. */
  static final byte CANARY = (byte) 0xc3;

  private static final int GUARDED = 0xa0;
  private static final MemorySegment CANARIES =
      MemorySegment.ofArray(new byte[LaneSize.LARGE.bytes()]).fill(CANARY);

  private final LaneSize size;
  private final byte[] image;
  private final byte[] seen;
  private final AtomicBoolean sealed = new AtomicBoolean(true);
  private final @Nullable DmaBuffer buffer;
  private final MemorySegment memory;

  /** Epoch of the engine that lent the memory. */
  final int epoch;

  /** Whether the copy was made; not if the memory went with its engine. */
  private volatile boolean copied;

  /** Whether it was used and sealed, so that it holds the canary. */
  private volatile boolean resting;

  /**
   * A lane.
   *
   * @param buffer lent; null if the memory is from elsewhere
   * @param memory of {@link LaneSize#bytes()}
   */
  Lane(LaneSize size, @Nullable DmaBuffer buffer, MemorySegment memory, int epoch) {
    this.size = size;
    this.buffer = buffer;
    this.memory = memory;
    this.epoch = epoch;
    this.image = new byte[size.bytes()];
    this.seen = new byte[size.bytes()];
  }

  LaneSize size() {
    return size;
  }

  @Nullable DmaBuffer buffer() {
    return buffer;
  }

  /** Whether its memory is there still. */
  boolean alive() {
    return memory.scope().isAlive();
  }

  long address() {
    return memory.address();
  }

  /** What it must hold, as far as the chain is known. */
  byte[] image() {
    return image;
  }

  /** A part of it. */
  MemorySegment part(int at, int length) {
    return memory.asSlice(at, length);
  }

  /** The byte in the guards of a region. */
  static byte guard(int region) {
    return (byte) (GUARDED | region);
  }

  /** Fills it for a chain: random bytes from the pool, and guards. */
  void fill(ChainPlan plan, byte[] pool) {
    System.arraycopy(pool, plan.fill(), image, 0, image.length);
    for (int region = 0; region < LaneSize.REGIONS; region++) {
      final int from = region * size.stride();
      final int start = plan.at(region, 0);
      Arrays.fill(image, from, start, guard(region));
      Arrays.fill(image, start + plan.length(), from + size.stride(), guard(region));
    }
    MemorySegment.copy(image, 0, memory, JAVA_BYTE, 0, image.length);
    resting = false;
    copied = false;
    sealed.set(false);
  }

  /** The chain has ended: keeps what the lane holds, and fills it with the canary. */
  void seal() {
    if (!sealed.compareAndSet(false, true)) {
      return;
    }
    try {
      MemorySegment.copy(memory, JAVA_BYTE, 0, seen, 0, seen.length);
      memory.fill(CANARY);
      resting = true;
      copied = true;
    } catch (IllegalStateException e) {
      copied = false; // the engine stopped, and took its memory along
    }
  }

  /** Whether what it held at the end of its chain is known. */
  boolean seen() {
    return copied;
  }

  /** What is undefined after an error counts as right. */
  void excuse(int from, int length) {
    System.arraycopy(seen, from, image, from, length);
  }

  /**
   * Compares what it held at the end of the chain with what it must have held.
   *
   * @return empty if that is the same, else the first difference in words
   */
  String compare(ChainPlan plan) {
    final int at = Arrays.mismatch(image, seen);
    if (at < 0) {
      return "";
    }
    int wrong = 0;
    for (int i = at; i < image.length; i++) {
      wrong += image[i] == seen[i] ? 0 : 1;
    }
    return String.format(
        Locale.ROOT,
        "%s, expected=0x%02x, got=0x%02x, wrongBytes=%d",
        where(plan, at),
        image[at],
        seen[at],
        wrong);
  }

  /** Whether the first wrong byte lies in a guard. */
  boolean guardDamaged(ChainPlan plan) {
    final int at = Arrays.mismatch(image, seen);
    return at >= 0 && !inside(plan, at);
  }

  private boolean inside(ChainPlan plan, int at) {
    final int start = plan.at(at / size.stride(), 0);
    return at >= start && at < start + plan.length();
  }

  private String where(ChainPlan plan, int at) {
    final int region = at / size.stride();
    final int start = plan.at(region, 0);
    return "region="
        + region
        + (inside(plan, at)
            ? ", byte=" + (at - start)
            : at < start
                ? ", guard before, byte=" + (at - start)
                : ", guard behind, byte=+" + (at - start - plan.length()));
  }

  /**
   * Looks for bytes written after the end of its last chain.
   *
   * @return where the first is; -1 if there is none, or nothing to be seen
   */
  long disturbed() {
    if (!resting) {
      return -1;
    }
    try {
      return memory.mismatch(CANARIES.asSlice(0, memory.byteSize()));
    } catch (IllegalStateException e) {
      return -1; // the engine stopped, and took its memory along
    }
  }
}
