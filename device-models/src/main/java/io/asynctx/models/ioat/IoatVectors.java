package io.asynctx.models.ioat;

import io.asynctx.models.ConfigSpace;
import io.asynctx.models.ModelHost;
import java.util.Arrays;

/**
 * The MSI-X side of a function: enable and mask bits of configuration space, the table in the
 * register window, and what is pending behind a mask.
 *
 * <p>Threading: the model's lock.
 */
final class IoatVectors {
  private static final int BUS_MASTER = 1 << 2;
  private static final int NO_LINE = 1 << 10;
  private static final int ENABLE = 1 << 15;
  private static final int MASK_ALL = 1 << 14;
  private static final int ENTRY_BYTES = 16;
  private static final int ENTRY_CONTROL = 12;

  private final IoatProfile profile;
  private final ConfigSpace config;
  private final byte[] window;
  private int pending;

  IoatVectors(IoatProfile profile, ConfigSpace config, byte[] window) {
    this.profile = profile;
    this.config = config;
    this.window = window;
  }

  boolean busMaster() {
    return (config.read(IoatConfig.COMMAND, 2) & BUS_MASTER) != 0;
  }

  boolean pendingArray(long offset) {
    return offset >= profile.pendingArray && offset < profile.pendingArray + Long.BYTES;
  }

  void reset() {
    pending = 0;
  }

  /** The quirk of the Atom parts: a reset of a channel takes the first entry with it. */
  void forgetFirst() {
    Arrays.fill(window, profile.vectorTable, profile.vectorTable + ENTRY_BYTES, (byte) 0);
    pending = 0;
    show();
  }

  void raise(int vector, ModelHost host) {
    final int command = config.read(IoatConfig.COMMAND, 2);
    if ((command & BUS_MASTER) == 0) {
      return;
    }
    if ((config.read(IoatConfig.MSIX_CONTROL, 2) & ENABLE) == 0) {
      if ((command & NO_LINE) == 0) {
        host.raiseLine();
      }
      return;
    }
    pending |= 1 << vector;
    deliver(host);
  }

  /** Sends what is pending and no longer masked. */
  void deliver(ModelHost host) {
    final int control = config.read(IoatConfig.MSIX_CONTROL, 2);
    if ((control & ENABLE) != 0 && (control & MASK_ALL) == 0) {
      for (int i = 0; pending >>> i != 0; i++) {
        if ((pending >>> i & 1) != 0 && (host.keepsVectorTable() || !masked(i))) {
          pending &= ~(1 << i);
          // An entry without an address sends its message nowhere.
          if (host.keepsVectorTable() || addressed(i)) {
            host.raiseVector(i);
          }
        }
      }
    }
    show();
  }

  private boolean masked(int vector) {
    return (window[entry(vector) + ENTRY_CONTROL] & 1) != 0;
  }

  private boolean addressed(int vector) {
    int bits = 0;
    for (int i = 0; i < Integer.BYTES; i++) {
      bits |= window[entry(vector) + i];
    }
    return bits != 0;
  }

  private int entry(int vector) {
    return profile.vectorTable + vector * ENTRY_BYTES;
  }

  private void show() {
    window[profile.pendingArray] = (byte) pending;
  }
}
