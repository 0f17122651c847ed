package io.asynctx.dmaengine.client;

import io.asynctx.memory.DmaBuffer;
import io.asynctx.memory.DmaBuffers;

/** Code outside the engine that asks for buffers. */
public final class Borrower {

  private Borrower() {}

  /**
   * Borrows.
   *
   * @param from where
   * @param bytes how much
   * @return a buffer
   */
  public static DmaBuffer borrow(DmaBuffers from, long bytes) {
    return from.allocate(bytes);
  }

  /**
   * Borrows, and drops the buffer, but not its memory.
   *
   * @param from where
   * @param bytes how much
   * @return address of its segment
   */
  public static long drop(DmaBuffers from, long bytes) {
    return from.allocate(bytes).segment().address();
  }
}
