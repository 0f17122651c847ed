package io.asynctx.models;

/**
 * A model's way to memory, through whatever stands for the IOMMU. Addresses are as the driver gave
 * them to the device.
 *
 * <p>Threading: any thread, which must hold no lock of the model's: an access may wait for a peer.
 */
public interface DmaPort {

  /**
   * Reads memory.
   *
   * @param iova of the first byte
   * @param to filled from index 0 on
   * @param length in bytes, at most that of the array
   * @return false iff a part is not mapped for reading; the array's content is undefined then
   */
  boolean read(long iova, byte[] to, int length);

  /**
   * Writes memory.
   *
   * @param iova of the first byte
   * @param from read from index 0 on
   * @param length in bytes, at most that of the array
   * @return false iff a part is not mapped for writing; what lies before it may be written then
   */
  boolean write(long iova, byte[] from, int length);

  /**
   * Writes eight bytes, little endian, in one access, after everything written before.
   *
   * @param iova a multiple of 8
   * @param value what to write
   * @return false iff it is not mapped for writing
   */
  boolean writeLong(long iova, long value);
}
