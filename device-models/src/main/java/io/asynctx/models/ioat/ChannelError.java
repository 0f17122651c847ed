package io.asynctx.models.ioat;

/** Bits of CHANERR that a model sets. Source: Linux {@code drivers/dma/ioat/registers.h}. */
final class ChannelError {
  static final int SOURCE_ADDRESS = 1 << 0;
  static final int DESTINATION_ADDRESS = 1 << 1;
  static final int NEXT_ADDRESS = 1 << 2;
  static final int NEXT_ALIGNMENT = 1 << 3;
  static final int CHAIN_ADDRESS = 1 << 4;
  static final int COMMAND = 1 << 5;
  static final int INTEGRITY = 1 << 7;
  static final int READ_DATA = 1 << 8;
  static final int WRITE_DATA = 1 << 9;
  static final int CONTROL = 1 << 10;
  static final int LENGTH = 1 << 11;
  static final int COMPLETION_ADDRESS = 1 << 12;
  static final int EXTENDED_ADDRESS = 1 << 14;
  static final int P_MISMATCH = 1 << 16;
  static final int Q_MISMATCH = 1 << 17;
  static final int DESCRIPTOR_COUNT = 1 << 18;

  private ChannelError() {}
}
