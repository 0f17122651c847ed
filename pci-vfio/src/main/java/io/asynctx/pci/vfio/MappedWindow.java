package io.asynctx.pci.vfio;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.asynctx.dmaengine.bus.BarWindow;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Registers that are mapped into this process. Each access is one load or store of its width: the
 * JIT neither joins nor splits accesses that are ordered.
 *
 * <p>When the kernel takes the mapping away under us, an access is a bus error, which the JVM gives
 * as an {@link InternalError}: the function is gone then.
 *
 * <p>Threading: any thread.
 */
final class MappedWindow implements BarWindow {

  private static final VarHandle BYTE = JAVA_BYTE.varHandle();
  private static final VarHandle SHORT = little(ValueLayout.JAVA_SHORT);
  private static final VarHandle INT = little(ValueLayout.JAVA_INT);
  private static final VarHandle LONG = little(ValueLayout.JAVA_LONG);

  private final Presence presence;
  private final int index;
  private final MemorySegment registers;
  private final long size;

  /**
   * A window.
   *
   * @param presence of its function
   * @param index 0 to 5
   * @param registers of an arena that ends with the claim; empty if there are none
   */
  MappedWindow(Presence presence, int index, MemorySegment registers) {
    this.presence = presence;
    this.index = index;
    this.registers = registers;
    this.size = registers.byteSize();
  }

  private static VarHandle little(ValueLayout layout) {
    return layout.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  }

  @Override
  public long size() {
    return size;
  }

  private void check(long offset, int width) {
    if (offset < 0 || offset > size - width) {
      throw new IndexOutOfBoundsException(refusal("register outside of its window", offset, width));
    }
    if ((offset & width - 1) != 0) {
      throw new IllegalArgumentException(refusal("register not aligned", offset, width));
    }
  }

  private String refusal(String what, long offset, int width) {
    return what
        + ": function="
        + presence.identity()
        + ", bar="
        + index
        + ", offset="
        + offset
        + ", width="
        + width
        + ", size="
        + size;
  }

  // A load may not overtake a store to another register, which a release alone would let it.

  @Override
  public int read8(long offset) {
    check(offset, 1);
    if (absent()) {
      return 0xff;
    }
    try {
      VarHandle.fullFence();
      return (byte) BYTE.getAcquire(registers, offset) & 0xff;
    } catch (InternalError e) {
      presence.lost(e);
      return 0xff;
    }
  }

  @Override
  public int read16(long offset) {
    check(offset, 2);
    if (absent()) {
      return 0xffff;
    }
    try {
      VarHandle.fullFence();
      return (short) SHORT.getAcquire(registers, offset) & 0xffff;
    } catch (InternalError e) {
      presence.lost(e);
      return 0xffff;
    }
  }

  @Override
  public int read32(long offset) {
    check(offset, 4);
    if (absent()) {
      return -1;
    }
    try {
      VarHandle.fullFence();
      return (int) INT.getAcquire(registers, offset);
    } catch (InternalError e) {
      presence.lost(e);
      return -1;
    }
  }

  @Override
  public long read64(long offset) {
    check(offset, 8);
    if (absent()) {
      return -1;
    }
    try {
      VarHandle.fullFence();
      return (long) LONG.getAcquire(registers, offset);
    } catch (InternalError e) {
      presence.lost(e);
      return -1;
    }
  }

  @Override
  public void write8(long offset, int value) {
    check(offset, 1);
    if (!absent()) {
      try {
        BYTE.setRelease(registers, offset, (byte) value);
      } catch (InternalError e) {
        presence.lost(e);
      }
    }
  }

  @Override
  public void write16(long offset, int value) {
    check(offset, 2);
    if (!absent()) {
      try {
        SHORT.setRelease(registers, offset, (short) value);
      } catch (InternalError e) {
        presence.lost(e);
      }
    }
  }

  @Override
  public void write32(long offset, int value) {
    check(offset, 4);
    if (!absent()) {
      try {
        INT.setRelease(registers, offset, value);
      } catch (InternalError e) {
        presence.lost(e);
      }
    }
  }

  @Override
  public void write64(long offset, long value) {
    check(offset, 8);
    if (!absent()) {
      try {
        LONG.setRelease(registers, offset, value);
      } catch (InternalError e) {
        presence.lost(e);
      }
    }
  }

  /** A closed claim is not the same as an absent function, and is told by the segment itself. */
  private boolean absent() {
    if (!presence.gone()) {
      return false;
    }
    if (!registers.scope().isAlive()) {
      throw new IllegalStateException("claim closed: function=" + presence.identity());
    }
    return true;
  }

  @Override
  public void writeBlock(long offset, MemorySegment block) {
    check(offset, 64);
    throw new UnsupportedOperationException(
        "no store of 64 bytes from Java: function=" + presence.identity() + ", bar=" + index);
  }
}
