package io.asynctx.cpu;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/** A transfer made by hand. */
final class TestTransfer implements Transfer {
  private final long tag;
  private final DmaCap operation;
  private final long offset;
  private final long length;
  private MemorySegment[] destinations = {};
  private MemorySegment[] sources = {};
  private int[] failed = {};
  private byte value;
  private boolean continuation;
  private boolean accumulate;
  private IntUnaryOperator coefficients = Reference::power;

  TestTransfer(long tag, DmaCap operation, long offset, long length) {
    this.tag = tag;
    this.operation = operation;
    this.offset = offset;
    this.length = length;
  }

  TestTransfer to(MemorySegment... segments) {
    destinations = segments;
    return this;
  }

  TestTransfer from(MemorySegment... segments) {
    sources = segments.clone();
    return this;
  }

  TestTransfer with(byte fill) {
    value = fill;
    return this;
  }

  TestTransfer lost(int... indexes) {
    failed = indexes;
    return this;
  }

  TestTransfer accumulating() {
    accumulate = true;
    return this;
  }

  TestTransfer continuing(int first) {
    continuation = true;
    coefficients = i -> Reference.power(first + i);
    return this;
  }

  TestTransfer coefficients(IntUnaryOperator bySource) {
    coefficients = bySource;
    return this;
  }

  @Override
  public long tag() {
    return tag;
  }

  @Override
  public DmaCap operation() {
    return operation;
  }

  @Override
  public long offset() {
    return offset;
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public int destinations() {
    return destinations.length;
  }

  @Override
  public MemorySegment destination(int i) {
    return destinations[i];
  }

  @Override
  public int sources() {
    return sources.length;
  }

  @Override
  public MemorySegment source(int i) {
    return sources[i];
  }

  @Override
  public int coefficient(int i) {
    return coefficients.applyAsInt(i);
  }

  @Override
  public int failed(int which) {
    return failed[which];
  }

  @Override
  public byte value() {
    return value;
  }

  @Override
  public boolean continuation() {
    return continuation;
  }

  @Override
  public boolean accumulate() {
    return accumulate;
  }

  @Override
  public String toString() {
    return operation + " tag=" + tag + " failed=" + Arrays.toString(failed);
  }
}
