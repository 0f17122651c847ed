package io.asynctx.models.ioat;

import io.asynctx.models.ModelHost;

/**
 * The host of a model that is plugged in nowhere, or may not master its bus: every access is a
 * fault, every interrupt is lost.
 *
 * <p>Threading: immutable.
 */
final class Unplugged implements ModelHost {
  static final ModelHost HOST = new Unplugged();

  private Unplugged() {}

  @Override
  public boolean read(long iova, byte[] to, int length) {
    return false;
  }

  @Override
  public boolean write(long iova, byte[] from, int length) {
    return false;
  }

  @Override
  public boolean writeLong(long iova, long value) {
    return false;
  }

  @Override
  public void raiseVector(int vector) {}
}
