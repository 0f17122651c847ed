package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A transfer of the self-test.
 *
 * <p>Threading: immutable.
 *
 * @param operation what to do
 * @param length of every operand, in bytes
 * @param targets destinations
 * @param blocks sources
 * @param value to fill with
 */
record IoatTrial(
    DmaCap operation,
    long length,
    List<@Nullable MemorySegment> targets,
    List<@Nullable MemorySegment> blocks,
    byte value)
    implements Transfer {

  static IoatTrial copy(MemorySegment to, MemorySegment from) {
    return new IoatTrial(DmaCap.MEMCPY, to.byteSize(), List.of(to), List.of(from), (byte) 0);
  }

  static IoatTrial fill(MemorySegment to, byte value) {
    return new IoatTrial(DmaCap.MEMSET, to.byteSize(), List.of(to), List.of(), value);
  }

  static IoatTrial xor(MemorySegment to, List<@Nullable MemorySegment> sources) {
    return new IoatTrial(DmaCap.XOR, to.byteSize(), List.of(to), sources, (byte) 0);
  }

  static IoatTrial pq(MemorySegment p, MemorySegment q, List<@Nullable MemorySegment> data) {
    return new IoatTrial(DmaCap.PQ, p.byteSize(), Arrays.asList(p, q), data, (byte) 0);
  }

  static IoatTrial check(DmaCap operation, List<@Nullable MemorySegment> sources) {
    final MemorySegment first = sources.getFirst();
    return new IoatTrial(
        operation, first == null ? 0 : first.byteSize(), List.of(), sources, (byte) 0);
  }

  @Override
  public long tag() {
    return 1;
  }

  @Override
  public long offset() {
    return 0;
  }

  @Override
  public int destinations() {
    return targets.size();
  }

  @Override
  public @Nullable MemorySegment destination(int i) {
    return targets.get(i);
  }

  @Override
  public int sources() {
    return blocks.size();
  }

  @Override
  public @Nullable MemorySegment source(int i) {
    return blocks.get(i);
  }

  /** Of a whole stripe: g to the power of the block's number, which is below 8 times two. */
  @Override
  public int coefficient(int i) {
    return IoatEncoder.generator(i);
  }

  @Override
  public int failed(int which) {
    throw new UnsupportedOperationException("no recovery in the self-test: which=" + which);
  }

  @Override
  public boolean continuation() {
    return false;
  }

  @Override
  public boolean accumulate() {
    return false;
  }
}
