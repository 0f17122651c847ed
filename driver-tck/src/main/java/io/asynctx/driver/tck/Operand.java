package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One operand of a transfer with guard zones around it, as dmatest has them: guards, sources and
 * destinations hold different bytes, so that a failure can say what happened to a byte. Owned by
 * the contract that made it.
 *
 * @see "Linux drivers/dma/dmatest.c, PATTERN_SRC and its neighbours"
 */
final class Operand {
  /** Bytes of guard on each side, at least; more where the alignment is larger. */
  static final int GUARD = 64;

  private static final int GUARD_CODE = 0x40;
  private static final int DESTINATION_CODE = 0x20;
  private static final int COUNTER = 0x1f;

  final String name;
  final int length;
  final byte[] before;

  private final MemorySegment whole;
  private final int start;
  private byte @Nullable [] expected;
  private DmaCap operation = DmaCap.MEMCPY;

  private Operand(String name, MemorySegment whole, int start, int length, byte[] payload) {
    this.name = name;
    this.whole = whole;
    this.start = start;
    this.length = length;
    final byte[] bytes = new byte[(int) whole.byteSize()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = code(GUARD_CODE, i);
    }
    System.arraycopy(payload, 0, bytes, start, length);
    MemorySegment.copy(bytes, 0, whole, ValueLayout.JAVA_BYTE, 0, bytes.length);
    before = payload;
  }

  /**
   * An operand with given content.
   *
   * @param alignment of the payload's address, which is at its limit
   */
  static Operand of(String name, Memory memory, byte[] payload, int alignment) {
    final int guard = Math.max(GUARD, alignment);
    final long at = memory.take(guard, payload.length + (long) guard, alignment);
    final MemorySegment whole = memory.slab().asSlice(at - guard, payload.length + 2L * guard);
    return new Operand(name, whole, guard, payload.length, payload);
  }

  /** A destination that nothing was written to yet. */
  static Operand destination(String name, Memory memory, int length, int alignment) {
    final byte[] payload = new byte[length];
    for (int i = 0; i < length; i++) {
      payload[i] = code(DESTINATION_CODE, i);
    }
    return of(name, memory, payload, alignment);
  }

  private static byte code(int region, int index) {
    return (byte) (region | ~index & COUNTER);
  }

  /** Says what the payload must be when the transfer has ended; unset, it must be what it was. */
  Operand becomes(byte[] content) {
    expected = content;
    return this;
  }

  Operand usedBy(DmaCap operation) {
    this.operation = operation;
    return this;
  }

  DmaCap operation() {
    return operation;
  }

  boolean written() {
    return expected != null;
  }

  /** What a transfer is given: the payload starts at offset, and may be followed by some guard. */
  MemorySegment segment(long offset, boolean tail) {
    return whole.asSlice(start - offset, offset + length + (tail ? GUARD / 2 : 0));
  }

  /** A part of the payload, with room before it. */
  MemorySegment part(long offset, long at, long bytes) {
    return whole.asSlice(start - offset + at, offset + bytes);
  }

  /** Everything, guards too, as it is now. */
  byte[] now() {
    return whole.toArray(ValueLayout.JAVA_BYTE);
  }

  /** The payload as it is now. */
  byte[] payload() {
    return whole.asSlice(start, length).toArray(ValueLayout.JAVA_BYTE);
  }

  /** Complains about every byte that is not as it must be after success. */
  @Nullable String differs() {
    final byte[] must = expected;
    return compare(must == null ? before : must);
  }

  /**
   * Complains about every byte that is not as it must be when the end of each destination was not
   * written.
   *
   * @param at where in each destination the end begins
   * @param bytes how long it is
   */
  @Nullable String differs(List<@Nullable MemorySegment> destinations, long at, long bytes) {
    final byte[] must = (expected == null ? before : expected).clone();
    for (MemorySegment destination : destinations) {
      if (destination != null && destination.heapBase().equals(whole.heapBase())) {
        final long first = destination.address() + at - whole.address() - start;
        for (long i = Math.max(0, first); i < Math.min(length, first + bytes); i++) {
          must[(int) i] = before[(int) i];
        }
      }
    }
    return compare(must);
  }

  /** Complains about every byte that is not as it was at first. */
  @Nullable String touched() {
    return compare(before);
  }

  /** Complains about guards only: the payload is undefined. */
  @Nullable String strays() {
    return written() ? compare(payload()) : compare(before);
  }

  private @Nullable String compare(byte[] payload) {
    final byte[] actual = now();
    final byte[] must = new byte[actual.length];
    for (int i = 0; i < must.length; i++) {
      must[i] = code(GUARD_CODE, i);
    }
    System.arraycopy(payload, 0, must, start, length);
    final int first = Arrays.mismatch(must, actual);
    return first < 0 ? null : describe(must, actual, first);
  }

  private String describe(byte[] must, byte[] actual, int first) {
    int count = 0;
    for (int i = first; i < must.length; i++) {
      count += must[i] == actual[i] ? 0 : 1;
    }
    final int offset = first - start;
    return what(offset, actual[first])
        + ": operand="
        + name
        + ", offset="
        + offset
        + ", length="
        + length
        + ", expected=0x"
        + Integer.toHexString(must[first] & 0xff)
        + ", actual=0x"
        + Integer.toHexString(actual[first] & 0xff)
        + ", bytes="
        + count;
  }

  private String what(int offset, byte actual) {
    if (offset < 0 || offset >= length) {
      return "stray byte outside the transfer";
    }
    if (expected == null) {
      return "stray byte in an operand that is only read";
    }
    return actual == before[offset] ? "missing byte, not written" : "wrong byte";
  }
}
