package io.asynctx.models;

/**
 * 4096 bytes of configuration space: values, which bits a write changes, and which bits a written
 * one clears.
 *
 * <p>Threading: its owner's lock.
 */
public final class ConfigSpace {

  /** Size in bytes. */
  public static final int BYTES = 4096;

  private final byte[] powerOn = new byte[BYTES];
  private final byte[] now = new byte[BYTES];
  private final byte[] writable = new byte[BYTES];
  private final byte[] clearable = new byte[BYTES];

  /**
   * Declares a field that software only reads.
   *
   * @param offset in bytes
   * @param width in bytes
   * @param value at power-on
   * @return this
   */
  public ConfigSpace constant(int offset, int width, int value) {
    return field(offset, width, value, 0);
  }

  /**
   * Declares a field of which software may change some bits.
   *
   * @param offset in bytes
   * @param width in bytes
   * @param value at power-on
   * @param mask bits that a write changes
   * @return this
   */
  public ConfigSpace field(int offset, int width, int value, int mask) {
    set(powerOn, offset, width, value);
    set(now, offset, width, value);
    set(writable, offset, width, mask);
    return this;
  }

  /**
   * Declares a field of which each bit is cleared by writing a one.
   *
   * @param offset in bytes
   * @param width in bytes
   * @return this
   */
  public ConfigSpace clearedByOnes(int offset, int width) {
    set(clearable, offset, width, -1);
    return this;
  }

  /** Power-on values. */
  public void reset() {
    System.arraycopy(powerOn, 0, now, 0, BYTES);
  }

  /**
   * Reads.
   *
   * @param offset in bytes
   * @param width 1, 2 or 4
   * @return zero-extended
   */
  public int read(int offset, int width) {
    return get(now, offset, width);
  }

  /**
   * Writes what software may write.
   *
   * @param offset in bytes
   * @param width 1, 2 or 4
   * @param value its low bytes
   */
  public void write(int offset, int width, int value) {
    final int changed = get(writable, offset, width);
    final int cleared = get(clearable, offset, width) & value;
    final int was = read(offset, width);
    set(now, offset, width, (was & ~changed | value & changed) & ~cleared);
  }

  /**
   * Sets bits as the device itself does.
   *
   * @param offset in bytes
   * @param width 1, 2 or 4
   * @param bits to set
   */
  public void raise(int offset, int width, int bits) {
    set(now, offset, width, read(offset, width) | bits);
  }

  private static int get(byte[] bytes, int offset, int width) {
    int value = 0;
    for (int i = 0; i < width; i++) {
      value |= (bytes[offset + i] & 0xff) << 8 * i;
    }
    return value;
  }

  private static void set(byte[] bytes, int offset, int width, int value) {
    for (int i = 0; i < width; i++) {
      bytes[offset + i] = (byte) (value >>> 8 * i);
    }
  }
}
