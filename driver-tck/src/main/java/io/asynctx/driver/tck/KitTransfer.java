package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The kit's own transfer. Every look a driver takes at it is checked: on which thread, inside which
 * call, and in which part of its life. What an operation does not define reads as nonsense, so that
 * a driver that relies on it gets wrong bytes.
 *
 * <p>Threading: any thread may read, since a wrong driver does.
 */
final class KitTransfer implements Transfer {
  private static final int NONSENSE = 0xa5;

  /** Where a transfer is in its life. */
  enum Stage {
    NEW,
    PUSHING,
    REFUSED,
    WITH_DEVICE,
    REPORTED,
    LEFT_OUT
  }

  final long tag;
  final DmaCap operation;
  final Case owner;
  final AtomicReference<Stage> stage = new AtomicReference<>(Stage.NEW);

  private final long offset;
  private final long length;
  private final List<@Nullable MemorySegment> destinations;
  private final List<@Nullable MemorySegment> sources;
  private final int[] more;
  private final boolean continuation;
  private final boolean accumulate;
  private volatile @Nullable Harness harness;
  private volatile @Nullable Report report;

  /**
   * A transfer.
   *
   * @param more value of MEMSET, coefficients of PQ, failed indexes of RAID6_RECOV; else empty
   */
  KitTransfer(
      long tag,
      Case owner,
      long offset,
      long length,
      List<@Nullable MemorySegment> destinations,
      List<@Nullable MemorySegment> sources,
      int[] more,
      boolean continuation,
      boolean accumulate) {
    this.tag = tag;
    this.owner = owner;
    this.operation = owner.operation();
    this.offset = offset;
    this.length = length;
    this.destinations = destinations;
    this.sources = sources;
    this.more = more;
    this.continuation = continuation;
    this.accumulate = accumulate;
  }

  /** From now on looks at it are checked by this harness. */
  void givenTo(Harness harness) {
    this.harness = harness;
  }

  void reported(Report report) {
    this.report = report;
    stage.set(Stage.REPORTED);
  }

  @Nullable Report report() {
    return report;
  }

  boolean ended() {
    return stage.get() == Stage.REPORTED;
  }

  long start() {
    return offset;
  }

  long bytes() {
    return length;
  }

  private void look(String what) {
    final Harness now = harness;
    if (now != null) {
      now.looked(this, what);
    }
  }

  @Override
  public long tag() {
    look("tag");
    return tag;
  }

  @Override
  public DmaCap operation() {
    look("operation");
    return operation;
  }

  @Override
  public long offset() {
    look("offset");
    return offset;
  }

  @Override
  public long length() {
    look("length");
    return length;
  }

  @Override
  public int destinations() {
    look("destinations");
    return destinations.size();
  }

  @Override
  public @Nullable MemorySegment destination(int i) {
    look("destination");
    return destinations.get(i);
  }

  @Override
  public int sources() {
    look("sources");
    return sources.size();
  }

  @Override
  public @Nullable MemorySegment source(int i) {
    look("source");
    return sources.get(i);
  }

  @Override
  public int coefficient(int i) {
    look("coefficient");
    return operation == DmaCap.PQ ? more[i] : NONSENSE;
  }

  @Override
  public int failed(int which) {
    look("failed");
    return operation == DmaCap.RAID6_RECOV ? more[which] : NONSENSE;
  }

  @Override
  public byte value() {
    look("value");
    return operation == DmaCap.MEMSET ? (byte) more[0] : (byte) NONSENSE;
  }

  @Override
  public boolean continuation() {
    look("continuation");
    return continuation;
  }

  @Override
  public boolean accumulate() {
    look("accumulate");
    return accumulate;
  }

  @Override
  public String toString() {
    return operation + " tag=0x" + Long.toHexString(tag) + " length=" + length;
  }
}
