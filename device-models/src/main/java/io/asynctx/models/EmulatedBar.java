package io.asynctx.models;

import io.asynctx.dmaengine.bus.BarWindow;
import java.lang.foreign.MemorySegment;

/**
 * A register window of an emulated function. Order between threads comes from the model's lock,
 * which each access takes and gives back.
 *
 * <p>Threading: any thread.
 */
final class EmulatedBar implements BarWindow {
  private final EmulatedClaim claim;
  private final DeviceModel model;
  private final int index;
  private final long size;

  EmulatedBar(EmulatedClaim claim, DeviceModel model, int index) {
    this.claim = claim;
    this.model = model;
    this.index = index;
    size = model.barSize(index);
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int read8(long offset) {
    return (int) read(offset, 1);
  }

  @Override
  public int read16(long offset) {
    return (int) read(offset, 2);
  }

  @Override
  public int read32(long offset) {
    return (int) read(offset, 4);
  }

  @Override
  public long read64(long offset) {
    return read(offset, 8);
  }

  @Override
  public void write8(long offset, int value) {
    write(offset, 1, value & 0xffL);
  }

  @Override
  public void write16(long offset, int value) {
    write(offset, 2, value & 0xffffL);
  }

  @Override
  public void write32(long offset, int value) {
    write(offset, 4, value & 0xffff_ffffL);
  }

  @Override
  public void write64(long offset, long value) {
    write(offset, 8, value);
  }

  @Override
  public void writeBlock(long offset, MemorySegment block) {
    check(offset, 64);
    throw new UnsupportedOperationException(
        "this model has no portal: function=" + claim.function().identity() + ", bar=" + index);
  }

  private long read(long offset, int width) {
    check(offset, width);
    return model.mmioRead(index, offset, width);
  }

  private void write(long offset, int width, long value) {
    check(offset, width);
    model.mmioWrite(index, offset, width, value);
  }

  private void check(long offset, int width) {
    claim.checkOpen();
    if (offset < 0 || offset > size - width) {
      throw new IndexOutOfBoundsException(
          "outside the register window: function=%s, bar=%d, offset=0x%x, width=%d, size=0x%x"
              .formatted(claim.function().identity(), index, offset, width, size));
    }
    if ((offset & (width - 1)) != 0) {
      throw new IllegalArgumentException(
          "offset is no multiple of the width: function=%s, bar=%d, offset=0x%x, width=%d"
              .formatted(claim.function().identity(), index, offset, width));
    }
  }
}
