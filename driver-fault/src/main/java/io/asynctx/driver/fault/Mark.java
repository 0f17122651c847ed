package io.asynctx.driver.fault;

import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * A transfer with the device whose report is to be spoiled.
 *
 * @param index of the rule
 * @param transfer as it was pushed; looked at before it is reported, never after
 * @param length its bytes
 * @param part bytes the device was shown
 */
record Mark(int index, Transfer transfer, long length, long part) {

  /**
   * Flips one byte of the first destination there is.
   *
   * @return false if there is none to flip: its memory was closed meanwhile
   */
  boolean corrupt() {
    for (int i = 0; i < transfer.destinations(); i++) {
      final @Nullable MemorySegment to = transfer.destination(i);
      if (to != null) {
        return flip(to, transfer.offset() + Math.floorMod(transfer.tag(), length));
      }
    }
    return false;
  }

  private static boolean flip(MemorySegment to, long at) {
    try {
      to.set(ValueLayout.JAVA_BYTE, at, (byte) ~to.get(ValueLayout.JAVA_BYTE, at));
      return true;
    } catch (IllegalStateException e) {
      return false; // closed since it was written: nobody can read it any more
    }
  }
}
