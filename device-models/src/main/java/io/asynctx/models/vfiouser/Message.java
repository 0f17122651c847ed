package io.asynctx.models.vfiouser;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A message: 16 bytes of header, a payload, and file descriptors that came with it. All numbers are
 * little endian.
 *
 * @param id of the message; a reply has that of its command
 * @param command what it is about
 * @param flags type in bits 0 to 3, no reply in 4, error in 5
 * @param error errno of a reply that is one
 * @param payload after the header
 * @param fds whoever takes the message closes those it does not keep
 */
record Message(int id, int command, int flags, int error, byte[] payload, int[] fds) {
  static final int HEADER_BYTES = 16;
  static final int MAX_DATA_BYTES = 1 << 20;

  /** Header, the address of a read or write, and its data. */
  static final int MAX_BYTES = HEADER_BYTES + 16 + MAX_DATA_BYTES;

  static final int MAX_FDS = 8;

  static final int VERSION = 1;
  static final int DMA_MAP = 2;
  static final int DMA_UNMAP = 3;
  static final int DEVICE_GET_INFO = 4;
  static final int GET_REGION_INFO = 5;
  static final int GET_IRQ_INFO = 7;
  static final int SET_IRQS = 8;
  static final int REGION_READ = 9;
  static final int REGION_WRITE = 10;
  static final int DMA_READ = 11;
  static final int DMA_WRITE = 12;
  static final int DEVICE_RESET = 13;

  static final int REPLY = 1;
  static final int TYPE_MASK = 0xf;
  static final int NO_REPLY = 0x10;
  static final int ERROR = 0x20;

  private static final int[] NO_FDS = {};

  static Message command(int id, int command, byte[] payload) {
    return new Message(id, command, 0, 0, payload, NO_FDS);
  }

  Message reply(byte[] answer) {
    return new Message(id, command, REPLY, 0, answer, NO_FDS);
  }

  Message failure(int errno) {
    return new Message(id, command, REPLY | ERROR, errno, new byte[0], NO_FDS);
  }

  boolean isReply() {
    return (flags & TYPE_MASK) == REPLY;
  }

  boolean wantsReply() {
    return (flags & NO_REPLY) == 0;
  }

  /** The payload, to be read in order. */
  ByteBuffer body() {
    return ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A buffer for a payload. */
  static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
