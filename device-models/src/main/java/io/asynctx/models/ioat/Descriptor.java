package io.asynctx.models.ioat;

import io.asynctx.models.DmaPort;
import io.asynctx.models.ioat.IoatProfile.Cap;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A descriptor as the device reads it: 64 bytes, eight words of 64 bits, and what it points to.
 * Word numbers are those of the facts: 0 size and control, 1 source, 2 destination, 3 next.
 *
 * <p>Threading: whoever executes its channel.
 */
final class Descriptor {
  static final int BYTES = 64;

  static final int INTERRUPT = 1 << 0;
  static final int COMPLETE = 1 << 3;
  private static final int NULL = 1 << 5;
  private static final int COPY_PAGE_BREAKS = 3 << 6;
  private static final int FILL_PAGE_BREAK = 1 << 7;
  private static final int BUNDLE = 1 << 8;
  private static final int P_DISABLE = 1 << 11;
  private static final int Q_DISABLE = 1 << 12;
  static final int WRITE_BACK = 1 << 15;

  private static final int MAX_SOURCES = 16;
  private static final int XOR_IN_BASE = 5;
  private static final int PQ_IN_BASE = 3;

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** What a descriptor asks for. */
  enum Kind {
    NULL,
    COPY,
    FILL,
    XOR,
    XOR_VAL,
    PQ,
    PQ_VAL;

    boolean checks() {
      return this == XOR_VAL || this == PQ_VAL;
    }
  }

  private final byte[] base = new byte[BYTES];
  private final byte[] more = new byte[2 * BYTES];

  Kind kind = Kind.NULL;
  long address;
  int size;
  int control;
  long next;

  /** Ring slots it takes: 2 with an extended descriptor. */
  int slots;

  /** How many of {@link #sources} and {@link #factors} count. */
  int count;

  final long[] sources = new long[MAX_SOURCES];
  final byte[] factors = new byte[MAX_SOURCES];

  /** Destination; P; of a check by exclusive or one more source. */
  long destination;

  long q;
  long pattern;
  boolean wantsP;
  boolean wantsQ;

  /**
   * Reads a descriptor and what belongs to it.
   *
   * @param available slots the driver has announced, this one included
   * @return bits of CHANERR; 0 if it can be executed
   */
  int fetch(DmaPort port, long at, int available, IoatProfile profile) {
    address = at;
    slots = 1;
    count = 0;
    if ((at & (BYTES - 1)) != 0) {
      return ChannelError.NEXT_ALIGNMENT;
    }
    if (!port.read(at, base, BYTES)) {
      return ChannelError.NEXT_ADDRESS;
    }
    final long sizeAndControl = word(base, 0);
    size = (int) sizeAndControl;
    control = (int) (sizeAndControl >>> 32);
    next = word(base, 3);
    destination = word(base, 2);
    if ((control & BUNDLE) != 0) {
      return ChannelError.CONTROL;
    }
    return switch (control >>> 24) {
      case 0x00 -> copy();
      case 0x01 -> profile.has(Cap.FILL) ? fill() : ChannelError.CONTROL;
      case 0x87 -> profile.has(Cap.XOR) ? xor(Kind.XOR, port, available) : ChannelError.CONTROL;
      case 0x88 -> profile.has(Cap.XOR) ? xor(Kind.XOR_VAL, port, available) : ChannelError.CONTROL;
      case 0x89 -> profile.has(Cap.PQ) ? pq(Kind.PQ, port, available) : ChannelError.CONTROL;
      case 0x8a -> profile.has(Cap.PQ) ? pq(Kind.PQ_VAL, port, available) : ChannelError.CONTROL;
      case 0xa0 -> profile.has(Cap.SIXTEEN_SOURCES) ? pq16(Kind.PQ, port) : ChannelError.CONTROL;
      case 0xa1 ->
          profile.has(Cap.SIXTEEN_SOURCES) ? pq16(Kind.PQ_VAL, port) : ChannelError.CONTROL;
      default -> ChannelError.CONTROL;
    };
  }

  private int copy() {
    kind = (control & NULL) != 0 ? Kind.NULL : Kind.COPY;
    source(word(base, 1));
    return (control & COPY_PAGE_BREAKS) != 0 ? ChannelError.CONTROL : 0;
  }

  private int fill() {
    kind = Kind.FILL;
    pattern = word(base, 1);
    return (control & FILL_PAGE_BREAK) != 0 ? ChannelError.CONTROL : 0;
  }

  private int xor(Kind which, DmaPort port, int available) {
    kind = which;
    final int wanted = (control >>> 5 & 7) + 2;
    source(word(base, 1));
    for (int i = 1; i < Math.min(wanted, XOR_IN_BASE); i++) {
      source(word(base, 3 + i));
    }
    if (wanted > XOR_IN_BASE) {
      final int error = extend(port, available);
      if (error != 0) {
        return error;
      }
      for (int i = XOR_IN_BASE; i < wanted; i++) {
        source(word(more, i - XOR_IN_BASE));
      }
    }
    return 0;
  }

  private int pq(Kind which, DmaPort port, int available) {
    final int wanted = (control >>> 5 & 7) + 2;
    final int error = pqBase(which);
    if (error != 0) {
      return error;
    }
    if (wanted > 2) {
      source(word(base, 5));
    }
    if (wanted > PQ_IN_BASE) {
      final int extended = extend(port, available);
      if (extended != 0) {
        return extended;
      }
      for (int i = PQ_IN_BASE; i < wanted; i++) {
        // Words 0, 1, 2, then 4 and 5: word 3 is the next descriptor's address.
        final int from = i - PQ_IN_BASE;
        source(word(more, from < 3 ? from : from + 1));
      }
    }
    return 0;
  }

  /** Nine sources and more: those after the second stand in a super-extended descriptor. */
  private int pq16(Kind which, DmaPort port) {
    final int wanted = (control >>> 5 & 7) + 9;
    final int error = pqBase(which);
    if (error != 0) {
      return error;
    }
    // The second block holds source 10 and later.
    if (!port.read(word(base, 5), more, wanted > 9 ? 2 * BYTES : BYTES)) {
      return ChannelError.EXTENDED_ADDRESS;
    }
    System.arraycopy(more, 0, factors, 8, 8);
    for (int i = 2; i < wanted; i++) {
      source(word(more, i - 1));
    }
    return 0;
  }

  private int pqBase(Kind which) {
    kind = which;
    wantsP = (control & P_DISABLE) == 0;
    wantsQ = (control & Q_DISABLE) == 0;
    q = word(base, 7);
    System.arraycopy(base, 6 * Long.BYTES, factors, 0, 8);
    source(word(base, 1));
    source(word(base, 4));
    return wantsP || wantsQ ? 0 : ChannelError.CONTROL;
  }

  private int extend(DmaPort port, int available) {
    if (available < 2) {
      return ChannelError.DESCRIPTOR_COUNT;
    }
    if ((next & (BYTES - 1)) != 0) {
      return ChannelError.NEXT_ALIGNMENT;
    }
    if (!port.read(next, more, BYTES)) {
      return ChannelError.NEXT_ADDRESS;
    }
    slots = 2;
    next = word(more, 3);
    return 0;
  }

  boolean syndromes() {
    return kind == Kind.PQ || kind == Kind.PQ_VAL;
  }

  private void source(long at) {
    sources[count++] = at;
  }

  private static long word(byte[] bytes, int index) {
    return (long) WORD.get(bytes, index * Long.BYTES);
  }

  @Override
  public String toString() {
    return "DESC @%x %s size=%x ctl=%08x src=%x dst=%x next=%x cnt=%d"
        .formatted(address, kind, size, control, sources[0], destination, next, count);
  }
}
