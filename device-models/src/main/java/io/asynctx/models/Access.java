package io.asynctx.models;

/**
 * One access to a model, or one thing that it did.
 *
 * @param kind what it is
 * @param offset in bytes from the start of window or configuration space; 0 for an event
 * @param width in bytes; 0 for an event
 * @param register its name, e.g. {@code ch0.CHANSTS}, or the words of an event
 * @param value read or written, zero-extended
 * @param note empty, or what is wrong with the access
 */
public record Access(Kind kind, long offset, int width, String register, long value, String note) {

  /** Kinds of entries. */
  public enum Kind {
    /** A register was read. */
    MMIO_READ,
    /** A register was written. */
    MMIO_WRITE,
    /** Configuration space was read. */
    CONFIG_READ,
    /** Configuration space was written. */
    CONFIG_WRITE,
    /** The model did something. */
    EVENT
  }

  /**
   * A line as in the recordings of other drivers.
   *
   * @return e.g. {@code MMIO R64 0088 ch0.CHANSTS -> 0x4}
   */
  @Override
  public String toString() {
    final String line =
        switch (kind) {
          case EVENT -> "    " + register;
          case CONFIG_READ -> "CFG  R%-3d%03x -> 0x%x".formatted(8 * width, offset, value);
          case CONFIG_WRITE -> "CFG  W%-3d%03x <- 0x%x".formatted(8 * width, offset, value);
          case MMIO_READ ->
              "MMIO R%-3d%04x %-16s -> 0x%x".formatted(8 * width, offset, register, value);
          case MMIO_WRITE ->
              "MMIO W%-3d%04x %-16s <- 0x%x".formatted(8 * width, offset, register, value);
        };
    return note.isEmpty() ? line : line + "  ! " + note;
  }
}
