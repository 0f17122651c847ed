package io.asynctx.driver.isal;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.asynctx.raid.BulkKernels;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Exclusive or, syndromes, their checks and CRC32C by ISA-L; all else, and whatever ISA-L does not
 * take, by the kernels of Java.
 *
 * <p>ISA-L takes at least two sources and no holes, and pointers that are aligned alike. How much
 * they must be aligned differs by function, processor and build; {@value #UNIT} bytes are enough
 * for all. So the bytes before the first such boundary and those after the last are done by Java,
 * and so is a call whose operands do not reach such a boundary at the same byte.
 *
 * <p><b>Memory.</b> The library gets addresses. An operand that is on the heap, mapped from a file,
 * confined to another thread, too short or closed already goes to Java, which does it or throws. An
 * arena that is closed <i>during</i> a call is not noticed: operands must be memory that cannot be
 * closed under an operation. The device says so in its limits, and the engine gives it nothing
 * else.
 *
 * <p>Threading: one call at a time, since the array of pointers is this object's.
 */
final class IsalKernels implements BulkKernels {

  /**
   * The most bytes of all operands together that one call of the library works on; a safepoint, and
   * so every other thread, may have to wait for it. 512 KiB are some ten microseconds from the
   * cache and fifty from memory, while a call costs ten nanoseconds.
   */
  static final long CRITICAL_BYTES = 512 << 10;

  /** Alignment of pointers, and what lengths are a multiple of. */
  private static final long UNIT = 64;

  /** The largest source count of an operation, and a destination. */
  private static final int MAX_VECTORS = 256;

  private static final int NO = -1;

  private final BulkKernels java;
  private final IsalLibrary library;
  private final @Nullable MemorySegment xorGen;
  private final @Nullable MemorySegment xorCheck;
  private final @Nullable MemorySegment pqGen;
  private final @Nullable MemorySegment pqCheck;
  private final @Nullable MemorySegment crc32c;
  private final MemorySegment pointers;
  private int vectors;

  /**
   * Kernels on a hold.
   *
   * @param library closed by the caller, after which these are of no use
   * @param java for the rest
   */
  IsalKernels(IsalLibrary library, BulkKernels java) {
    this.library = library;
    this.java = java;
    xorGen = library.function(IsalFunction.XOR_GEN);
    xorCheck = library.function(IsalFunction.XOR_CHECK);
    pqGen = library.function(IsalFunction.PQ_GEN);
    pqCheck = library.function(IsalFunction.PQ_CHECK);
    crc32c = library.function(IsalFunction.CRC32C);
    pointers = library.allocate(MAX_VECTORS * JAVA_LONG.byteSize(), UNIT);
  }

  @Override
  public String name() {
    return "isal";
  }

  @Override
  public void copy(MemorySegment dst, MemorySegment src, long offset, long length) {
    java.copy(dst, src, offset, length);
  }

  @Override
  public void fill(MemorySegment dst, long offset, long length, byte value) {
    java.fill(dst, offset, length, value);
  }

  @Override
  public boolean equal(MemorySegment a, MemorySegment b, long offset, long length) {
    return java.equal(a, b, offset, length);
  }

  @Override
  public int crc32c(MemorySegment src, long offset, long length, int seed) {
    vectors = 0;
    if (crc32c == null || !inRange(offset, length) || !add(src, offset, length)) {
      return java.crc32c(src, offset, length, seed);
    }
    final long address = src.address() + offset;
    int crc = ~seed;
    for (long done = 0; done < length; done += CRITICAL_BYTES) {
      final int piece = (int) Math.min(CRITICAL_BYTES, length - done);
      crc = library.crc(crc32c, address + done, piece, crc);
    }
    return ~crc;
  }

  @Override
  public void xor(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long offset, long length) {
    final long head = xorVectors(dst, sources, count, offset, length);
    if (xorGen == null || head < 0) {
      java.xor(dst, sources, count, offset, length);
      return;
    }
    if (head > 0) {
      java.xor(dst, sources, count, offset, head);
    }
    final long done = head + pieces(xorGen, head, length);
    if (done < length) {
      java.xor(dst, sources, count, offset + done, length - done);
    }
  }

  private long xorVectors(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long offset, long length) {
    if (!gather(sources, count, offset, length)
        || vectors < 2
        || holds(dst.address() + offset)
        || dst.isReadOnly()
        || !add(dst, offset, length)) {
      return NO;
    }
    return head(length);
  }

  @Override
  public boolean xorIsZero(@Nullable MemorySegment[] sources, int count, long offset, long length) {
    final long head = gather(sources, count, offset, length) && vectors >= 2 ? head(length) : NO;
    if (xorCheck == null || head < 0) {
      return java.xorIsZero(sources, count, offset, length);
    }
    if (head > 0 && !java.xorIsZero(sources, count, offset, head)) {
      return false;
    }
    // What it found not to be zero Java looks at again: it may as well have refused to look.
    final long done = head + pieces(xorCheck, head, length);
    return done == length || java.xorIsZero(sources, count, offset + done, length - done);
  }

  @Override
  public void pq(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length) {
    final long head =
        p != null && q != null && !p.isReadOnly() && !q.isReadOnly()
            ? stripe(p, q, data, count, offset, length)
            : NO;
    if (pqGen == null || head < 0) {
      java.pq(p, q, data, count, offset, length);
      return;
    }
    if (head > 0) {
      java.pq(p, q, data, count, offset, head);
    }
    final long done = head + pieces(pqGen, head, length);
    if (done < length) {
      java.pq(p, q, data, count, offset + done, length - done);
    }
  }

  @Override
  public void pqAccumulate(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length) {
    java.pqAccumulate(p, q, data, count, offset, length);
  }

  @Override
  public int pqCheck(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length) {
    final long head = p != null && q != null ? stripe(p, q, data, count, offset, length) : NO;
    if (pqCheck == null || head < 0) {
      return java.pqCheck(p, q, data, count, offset, length);
    }
    final int wrong = head == 0 ? 0 : java.pqCheck(p, q, data, count, offset, head);
    if (wrong == (P_WRONG | Q_WRONG)) {
      return wrong;
    }
    // It does not say whether P or Q is wrong; Java does, from the piece where it stopped.
    final long done = head + pieces(pqCheck, head, length);
    return done == length
        ? wrong
        : wrong | java.pqCheck(p, q, data, count, offset + done, length - done);
  }

  @Override
  public void recoverTwoData(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int failedA,
      int failedB,
      long offset,
      long length) {
    java.recoverTwoData(p, q, data, count, failedA, failedB, offset, length);
  }

  @Override
  public void recoverDataAndP(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int failed,
      long offset,
      long length) {
    java.recoverDataAndP(p, q, data, count, failed, offset, length);
  }

  private static boolean inRange(long offset, long length) {
    return offset >= 0 && length >= 1;
  }

  /** Gathers data blocks, P and Q; the bytes before the first boundary, or {@link #NO}. */
  private long stripe(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length) {
    return count <= MAX_DATA
            && gather(data, count, offset, length)
            && vectors == count
            && count >= 2
            && add(p, offset, length)
            && add(q, offset, length)
        ? head(length)
        : NO;
  }

  /** Writes the pointers of all blocks that are there; false if there is one ISA-L cannot take. */
  private boolean gather(@Nullable MemorySegment[] blocks, int count, long offset, long length) {
    vectors = 0;
    if (!inRange(offset, length) || count >= MAX_VECTORS || count > blocks.length) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      final MemorySegment block = blocks[i];
      if (block != null && !add(block, offset, length)) {
        return false;
      }
    }
    return true;
  }

  private boolean add(MemorySegment segment, long offset, long length) {
    final long address = segment.address() + offset;
    if (!segment.isNative()
        || segment.isMapped()
        || segment.byteSize() - length < offset
        || !segment.isAccessibleBy(Thread.currentThread())
        || !segment.scope().isAlive()
        || vectors > 0 && ((pointer(0) ^ address) & UNIT - 1) != 0) {
      return false;
    }
    pointers.setAtIndex(JAVA_LONG, vectors++, address);
    return true;
  }

  private long pointer(int i) {
    return pointers.getAtIndex(JAVA_LONG, i);
  }

  private boolean holds(long address) {
    for (int i = 0; i < vectors; i++) {
      if (pointer(i) == address) {
        return true;
      }
    }
    return false;
  }

  /** Bytes before the first boundary; {@link #NO} if no whole unit follows them. */
  private long head(long length) {
    final long head = -pointer(0) & UNIT - 1;
    return length - head < UNIT ? NO : head;
  }

  /**
   * Calls a function on all whole units from a boundary on, piece by piece, until it does not
   * succeed.
   *
   * @param head bytes before that boundary
   * @param length bytes of each operand, those included
   * @return bytes done
   */
  private long pieces(MemorySegment function, long head, long length) {
    final long whole = length - head & -UNIT;
    final long most = Math.max(UNIT, CRITICAL_BYTES / vectors & -UNIT);
    long done = 0;
    long step = head;
    while (done < whole) {
      if (step > 0) {
        for (int i = 0; i < vectors; i++) {
          pointers.setAtIndex(JAVA_LONG, i, pointer(i) + step);
        }
      }
      step = Math.min(most, whole - done);
      if (library.call(function, vectors, (int) step, pointers.address()) != 0) {
        break;
      }
      done += step;
    }
    return done;
  }
}
