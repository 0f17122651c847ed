package io.asynctx.models;

/**
 * A PCI function as seen from its bus. Offsets and widths are in bytes; values are little endian
 * and zero-extended. It knows nothing of who plugged it in.
 *
 * <p>Threading: any thread. Register and configuration accesses never wait for memory, unless the
 * model works inside them by its settings.
 */
public interface DeviceModel extends AutoCloseable {

  /**
   * What it is called, e.g. in the names of its threads.
   *
   * @return a short word
   */
  String name();

  /**
   * Size of a register window.
   *
   * @param bar 0 to 5
   * @return in bytes; 0 if there is none
   */
  long barSize(int bar);

  /**
   * How many MSI-X vectors it has.
   *
   * @return at least 0
   */
  int vectors();

  /**
   * Plugs it in.
   *
   * @param host what it talks to from now on
   */
  void attach(ModelHost host);

  /**
   * Takes it out: a {@link #reset}, after which it talks to nobody. Returns when no access of its
   * own to memory is on its way any more.
   */
  void detach();

  /**
   * Reads a register.
   *
   * @param bar 0 to 5
   * @param offset inside the window, a multiple of {@code width}
   * @param width 1, 2, 4 or 8
   * @return the value; all ones if it is gone
   */
  long mmioRead(int bar, long offset, int width);

  /**
   * Writes a register.
   *
   * @param bar 0 to 5
   * @param offset inside the window, a multiple of {@code width}
   * @param width 1, 2, 4 or 8
   * @param value its low bytes
   */
  void mmioWrite(int bar, long offset, int width, long value);

  /**
   * Reads configuration space.
   *
   * @param offset 0 to 4095, a multiple of {@code width}
   * @param width 1, 2 or 4
   * @return the value; all ones if it is gone
   */
  int configRead(int offset, int width);

  /**
   * Writes configuration space. Bits that are read-only stay.
   *
   * @param offset 0 to 4095, a multiple of {@code width}
   * @param width 1, 2 or 4
   * @param value its low bytes
   */
  void configWrite(int offset, int width, int value);

  /** Power-on values everywhere. Returns when no access to memory is on its way any more. */
  void reset();

  /**
   * Whether it vanished. It does not come back.
   *
   * @return true from then on
   */
  boolean gone();

  /** Makes it vanish, as if it were pulled out: it answers with all ones and does nothing more. */
  void vanish();

  /**
   * Whom to tell when it vanishes.
   *
   * @param told called once, on the thread that made it vanish, or at once if it is gone already
   */
  void whenGone(Runnable told);

  /** Ends its threads. What it was plugged into must not use it any more. */
  @Override
  void close();
}
