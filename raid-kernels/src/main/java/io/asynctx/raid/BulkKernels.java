package io.asynctx.raid;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The byte work of a DMA engine, done by the calling thread: copy, fill, compare, CRC-32C, XOR,
 * RAID-6 P/Q, their checks and the two recoveries that need Q.
 *
 * <p><b>Operands.</b> A call works on bytes {@code [offset, offset + length)} of each of its
 * operands: one offset and one length, in bytes, for all of them; {@code length >= 1}. An operand
 * is a heap or native segment of any byte alignment that covers this range; destinations are not
 * read-only, and no two operands overlap unless the method allows it. Arrays are neither changed
 * nor kept; only their first {@code count} elements are looked at. A null block in an array is a
 * block of zeros that costs nothing and keeps its index.
 *
 * <p><b>RAID-6.</b> Data block {@code i} has the coefficient g^i of {@link Gf256}: P is the XOR of
 * all blocks, Q the XOR of all g^i * D_i. A stripe has 1 to {@value #MAX_DATA} data blocks.
 *
 * <p><b>Errors.</b> {@link IllegalArgumentException} for a count, index, range or read-only
 * destination that breaks these rules, and {@link NullPointerException} for a null where none is
 * allowed; both are thrown before any byte is written. Memory is only reached through the JDK's
 * checked access, so a closed arena is an {@link IllegalStateException} and a foreign confined one
 * a {@link WrongThreadException}, never a crash; after these the destinations hold unspecified
 * bytes within the range, as they do while a call runs.
 *
 * <p>Threading: stateless; any thread, any number at once, on disjoint destinations. A call runs to
 * its end on the calling thread. Nothing is allocated per call once the JIT has compiled it; see
 * {@link Kernels#warmUp}.
 *
 * @see "H. P. Anvin, The mathematics of RAID-6"
 * @see "Linux lib/raid6 and crypto/async_tx, for which operations exist"
 */
public interface BulkKernels {
  /** The most data blocks of a stripe: 255 disks less P and Q. */
  int MAX_DATA = 253;

  /** Bit of {@link #pqCheck}'s result: P does not match the data. */
  int P_WRONG = 1;

  /** Bit of {@link #pqCheck}'s result: Q does not match the data. */
  int Q_WRONG = 2;

  /** Which implementation this is, e.g. {@code scalar} or {@code vector-512}; for logs. */
  String name();

  /**
   * Copies {@code src} to {@code dst}. The two may overlap, within one range or at a distance: the
   * result is as if the source had been read completely first.
   */
  void copy(MemorySegment dst, MemorySegment src, long offset, long length);

  /** Sets every byte of the range to {@code value}. */
  void fill(MemorySegment dst, long offset, long length, byte value);

  /** Whether the two ranges hold the same bytes; writes nothing, stops early at a difference. */
  boolean equal(MemorySegment a, MemorySegment b, long offset, long length);

  /**
   * The CRC-32C of a range, as iSCSI, SSE4.2 and DSA compute it: reflected polynomial 0x82f63b78,
   * start value and final XOR all ones; {@code 0xe3069283} for the nine digits 1 to 9.
   *
   * @param seed the CRC of the bytes before this range, to go on from there; 0 to begin
   * @return the CRC of those bytes and the range's
   */
  int crc32c(MemorySegment src, long offset, long length, int seed);

  /**
   * Overwrites {@code dst} with the XOR of all sources. Its old content counts only if it is listed
   * as a source.
   *
   * @param dst a source may be the very same range (in place), whichever its index and through
   *     whichever segment; else disjoint from every source
   * @param sources blocks to combine; all null gives zeros
   * @param count how many of them, 1 or more
   */
  void xor(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long offset, long length);

  /**
   * Whether the XOR of all sources is zero everywhere; writes nothing, stops early at the first
   * bytes that are not. Sources may overlap.
   *
   * @param sources blocks to combine
   * @param count how many of them, 1 or more
   */
  boolean xorIsZero(@Nullable MemorySegment[] sources, int count, long offset, long length);

  /**
   * Computes P and Q of a stripe.
   *
   * @param p overwritten with P; null if not wanted, but then {@code q} is
   * @param q overwritten with Q; null if not wanted
   * @param data blocks by index, disjoint from P and Q
   * @param count data blocks of the stripe, 1..{@value #MAX_DATA}
   */
  void pq(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length);

  /**
   * XORs the contribution of {@code data} into P and Q as they are: the second half of a
   * read-modify-write, where {@code data} holds old XOR new and is null for unchanged blocks.
   *
   * @param p updated; null if not wanted, but then {@code q} is
   * @param q updated; null if not wanted
   * @param data blocks by index, disjoint from P and Q
   * @param count data blocks of the stripe, 1..{@value #MAX_DATA}
   */
  void pqAccumulate(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length);

  /**
   * Checks P and Q against the data; writes nothing, stops early once everything asked for is known
   * to be wrong.
   *
   * @param p P as stored; null if not to be checked, but then {@code q} is
   * @param q Q as stored; null if not to be checked
   * @param data blocks by index
   * @param count data blocks of the stripe, 1..{@value #MAX_DATA}
   * @return 0 if all is well, else {@link #P_WRONG}, {@link #Q_WRONG} or both
   */
  int pqCheck(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length);

  /**
   * Rebuilds two lost data blocks in place of them, from P, Q and the surviving data. Writes the
   * two lost blocks only and never depends on what was in them, so an interrupted call can be
   * repeated.
   *
   * @param p P as stored
   * @param q Q as stored
   * @param data blocks by index; those at the failed indices are the destinations and not null
   * @param count data blocks of the stripe, 2..{@value #MAX_DATA}
   * @param failedA index of a lost block, below {@code count}
   * @param failedB index of the other, in any order
   */
  void recoverTwoData(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int failedA,
      int failedB,
      long offset,
      long length);

  /**
   * Rebuilds one lost data block and the lost P, from Q and the surviving data. Writes these two
   * only and never depends on what was in them, so an interrupted call can be repeated.
   *
   * @param p destination for P
   * @param q Q as stored
   * @param data blocks by index; the one at the failed index is the destination and not null
   * @param count data blocks of the stripe, 1..{@value #MAX_DATA}
   * @param failed index of the lost block, below {@code count}
   */
  void recoverDataAndP(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int failed,
      long offset,
      long length);
}
