package io.asynctx.models.ioat;

import org.jspecify.annotations.Nullable;

/**
 * Registers with a meaning: offset in the device's block or in a channel's, and width, in bytes.
 * Source: Linux {@code drivers/dma/ioat/registers.h}.
 */
enum Register {
  CHANCNT(false, 0x00, 1),
  XFERCAP(false, 0x01, 1),
  GENCTRL(false, 0x02, 1),
  INTRCTRL(false, 0x03, 1),
  ATTNSTATUS(false, 0x04, 4),
  CBVER(false, 0x08, 1),
  PERPORTOFFSET(false, 0x0a, 2),
  INTRDELAY(false, 0x0c, 2),
  CS_STATUS(false, 0x0e, 2),
  DMACAP(false, 0x10, 4),
  DCAOFFSET(false, 0x14, 2),
  PREFLMT(false, 0x4c, 1),
  CHANCTRL(true, 0x00, 2),
  DMA_COMP(true, 0x02, 2),
  CHANCMD(true, 0x04, 1),
  DMACOUNT(true, 0x06, 2),
  CHANSTS(true, 0x08, 8),
  CHAINADDR(true, 0x10, 8),
  CHANCMP(true, 0x18, 8),
  CDAR(true, 0x20, 8),
  CHANERR(true, 0x28, 4),
  CHANERRMSK(true, 0x2c, 4),
  DCACTRL(true, 0x30, 4);

  /** Size of the device's block and of each channel's. */
  static final int BLOCK_BYTES = 0x80;

  private static final Register[] DEVICE_BLOCK = block(false);
  private static final Register[] CHANNEL_BLOCK = block(true);

  final boolean ofChannel;
  final int offset;
  final int width;

  Register(boolean ofChannel, int offset, int width) {
    this.ofChannel = ofChannel;
    this.offset = offset;
    this.width = width;
  }

  private static Register[] block(boolean ofChannel) {
    final Register[] bytes = new Register[BLOCK_BYTES];
    for (Register register : values()) {
      for (int i = 0; register.ofChannel == ofChannel && i < register.width; i++) {
        bytes[register.offset + i] = register;
      }
    }
    return bytes;
  }

  /** The register that has a byte; null if none has. */
  static @Nullable Register at(long offset, int channels) {
    if (offset < BLOCK_BYTES) {
      return DEVICE_BLOCK[(int) offset];
    }
    return channel(offset) < channels ? CHANNEL_BLOCK[(int) (offset & (BLOCK_BYTES - 1))] : null;
  }

  /** Which channel's block a byte lies in. */
  static int channel(long offset) {
    return (int) (offset / BLOCK_BYTES) - 1;
  }

  /** Whether an access is one that the register is made for: whole, or a half of 64 bits. */
  boolean takes(int at, int accessWidth) {
    return accessWidth == width && at == offset || width == 8 && accessWidth == 4;
  }

  /** Its name as in recordings, e.g. {@code ch0.CHANCMP_LO}. */
  String label(int channel, int at, int accessWidth) {
    final String half = width == 8 && accessWidth == 4 ? (at == offset ? "_LO" : "_HI") : "";
    return ofChannel ? "ch" + channel + "." + name() + half : name();
  }
}
