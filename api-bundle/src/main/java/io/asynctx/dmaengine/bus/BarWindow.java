package io.asynctx.dmaengine.bus;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The registers behind one base address register. Each call is exactly one access of the width in
 * its name, little endian, neither joined with another nor split; registers see the difference.
 *
 * <p>An offset that leaves the window is an {@link IndexOutOfBoundsException}, one that is no
 * multiple of the width an {@link IllegalArgumentException}; both name function, register window,
 * offset and width. A function that is gone reads as all ones and takes writes without effect.
 * After the claim was closed every access throws {@link IllegalStateException}.
 *
 * <p>Threading: any thread, without a lock and without an allocation. Accesses of one thread reach
 * the function in program order. A write is a release: what the thread wrote to memory before it,
 * the function sees when it sees the write. A read is an acquire: what the function wrote to memory
 * before it answered, the thread sees after it.
 */
@ProviderType
public interface BarWindow {

  /**
   * How large the window is.
   *
   * @return in bytes; 0 if the function does not have it
   */
  long size();

  /**
   * Reads 8 bits.
   *
   * @param offset in bytes
   * @return 0 to 0xff
   */
  int read8(long offset);

  /**
   * Reads 16 bits.
   *
   * @param offset in bytes, even
   * @return 0 to 0xffff
   */
  int read16(long offset);

  /**
   * Reads 32 bits.
   *
   * @param offset in bytes, a multiple of 4
   * @return all 32 bits
   */
  int read32(long offset);

  /**
   * Reads 64 bits.
   *
   * @param offset in bytes, a multiple of 8
   * @return all 64 bits
   */
  long read64(long offset);

  /**
   * Writes 8 bits.
   *
   * @param offset in bytes
   * @param value its low 8 bits
   */
  void write8(long offset, int value);

  /**
   * Writes 16 bits.
   *
   * @param offset in bytes, even
   * @param value its low 16 bits
   */
  void write16(long offset, int value);

  /**
   * Writes 32 bits.
   *
   * @param offset in bytes, a multiple of 4
   * @param value all 32 bits
   */
  void write32(long offset, int value);

  /**
   * Writes 64 bits.
   *
   * @param offset in bytes, a multiple of 8
   * @param value all 64 bits
   */
  void write64(long offset, long value);

  /**
   * Writes a block of 64 bytes in one access, as the portals of some functions want it.
   *
   * @param offset in bytes, a multiple of 64
   * @param block 64 bytes or more, of which the first 64 are written
   * @throws UnsupportedOperationException if this bus cannot
   */
  void writeBlock(long offset, MemorySegment block);
}
