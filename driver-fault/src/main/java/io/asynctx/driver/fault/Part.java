package io.asynctx.driver.fault;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The first bytes of a transfer, as a transfer with the same tag.
 *
 * @param of the whole
 * @param length how many bytes, fewer than it has
 */
record Part(Transfer of, @Override long length) implements Transfer {
  @Override
  public long tag() {
    return of.tag();
  }

  @Override
  public DmaCap operation() {
    return of.operation();
  }

  @Override
  public long offset() {
    return of.offset();
  }

  @Override
  public int destinations() {
    return of.destinations();
  }

  @Override
  public @Nullable MemorySegment destination(int i) {
    return of.destination(i);
  }

  @Override
  public int sources() {
    return of.sources();
  }

  @Override
  public @Nullable MemorySegment source(int i) {
    return of.source(i);
  }

  @Override
  public int coefficient(int i) {
    return of.coefficient(i);
  }

  @Override
  public int failed(int which) {
    return of.failed(which);
  }

  @Override
  public byte value() {
    return of.value();
  }

  @Override
  public boolean continuation() {
    return of.continuation();
  }

  @Override
  public boolean accumulate() {
    return of.accumulate();
  }
}
