package io.asynctx.raid;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Several kernels as one: each operation is done by the rung that was fastest when the ladder timed
 * itself, for short, middle and long ranges apart.
 *
 * <p>Rungs are given from the safest to the one expected to be fastest. When the ladder is made,
 * every rung from outside this bundle does every operation on scrambled memory; one that throws,
 * whatever it is, or leaves other bytes than the lowest is out, with the reason in {@link
 * #report()}; so is one that throws later, while it is timed. Until the ladder is timed the highest
 * rung left does everything. {@link Kernels#warmUp} gets the rungs compiled and times them: a lower
 * rung keeps what a higher one does not do clearly faster, and never is a slower one picked.
 *
 * <p>Threading: as {@link BulkKernels}; a call meets the choice as it was before or after timing.
 */
public final class Ladder implements BulkKernels {
  /** Ranges shorter than this are short: what a call costs counts more than what a byte costs. */
  static final long MIDDLE = 1 << 10;

  /** Ranges of at least this are long: several operands no longer fit the first-level cache. */
  static final long LONG = 1 << 14;

  /** Short, middle, long. */
  static final int SIZES = 3;

  private final Conditions conditions;
  private final List<BulkKernels> rungs = new ArrayList<>();
  private final List<String> out = new ArrayList<>();
  private List<String> timings = List.of();
  private boolean tried;
  private boolean timed;
  private volatile String name;

  /** By operation and size; replaced as a whole, never changed. */
  private volatile BulkKernels[] choice;

  private Ladder(Conditions conditions, List<BulkKernels> given) {
    this.conditions = conditions;
    for (final BulkKernels rung : given) {
      final boolean trusted = rungs.isEmpty() || rung instanceof CheckedKernels;
      final String fault = trusted ? null : Proof.fault(rung, rungs.getFirst());
      if (fault == null) {
        rungs.add(rung);
      } else {
        out.add(rung.name() + ": out: " + fault);
      }
    }
    name = rungs.getLast().name();
    choice = allToTheHighest();
  }

  private BulkKernels[] allToTheHighest() {
    final BulkKernels[] all = new BulkKernels[Operation.values().length * SIZES];
    Arrays.fill(all, rungs.getLast());
    return all;
  }

  private Ladder(Ladder like, BulkKernels rung, BulkKernels twin) {
    conditions = like.conditions;
    name = like.name;
    timed = true;
    rungs.addAll(like.rungs());
    rungs.replaceAll(r -> r == rung ? twin : r);
    choice = like.choice.clone();
    Arrays.setAll(choice, i -> choice[i] == rung ? twin : choice[i]);
  }

  /**
   * A ladder, not yet timed; pass it to {@link Kernels#warmUp}.
   *
   * @param rungs from the safest to the one expected to be fastest; the first is trusted and the
   *     judge of the others, so begin with {@link Kernels#scalar()} or {@link Kernels#best()}. A
   *     ladder among them stands for its own rungs
   * @throws IllegalArgumentException if there is none
   */
  public static Ladder of(BulkKernels... rungs) {
    return of(Conditions.REAL, rungs);
  }

  static Ladder of(Conditions conditions, BulkKernels... rungs) {
    final List<BulkKernels> all = new ArrayList<>();
    for (final BulkKernels rung : rungs) {
      if (rung instanceof Ladder ladder) {
        all.addAll(ladder.rungs());
      } else if (all.stream().noneMatch(r -> r == rung)) {
        all.add(rung);
      }
    }
    if (all.isEmpty()) {
      throw new IllegalArgumentException("no rungs: length=0; begin with Kernels.scalar()");
    }
    return new Ladder(conditions, all);
  }

  /** The name of the highest rung that is not out: it does all that no lower one does as fast. */
  @Override
  public String name() {
    return name;
  }

  /**
   * Why which rung does what: a line for each rung that is out and, once timed, for each operation.
   */
  public synchronized List<String> report() {
    final List<String> lines = new ArrayList<>(out);
    lines.addAll(timings);
    return lines;
  }

  /**
   * Gets the rungs compiled and times them, unless that was done; who asks meanwhile waits. What
   * the compiler had not got to is left for the next time that somebody asks.
   *
   * @return whether this call got them compiled
   */
  synchronized boolean climb() {
    if (timed) {
      return false;
    }
    final boolean first = !tried;
    tried = true;
    while (!attempt()) {
      name = rungs.getLast().name();
      choice = allToTheHighest();
    }
    return first;
  }

  /** False if a rung threw: it is out, and the others have to be timed anew. */
  private boolean attempt() {
    final Climb climb = new Climb(rungs, conditions);
    try {
      choice = climb.run();
    } catch (RuntimeException | Error e) {
      final BulkKernels at = climb.at();
      if (at == rungs.getFirst()) {
        throw e;
      }
      rungs.remove(at);
      out.add(at.name() + ": out: threw: " + e);
      return false;
    }
    timings = climb.lines();
    timed = climb.complete();
    return true;
  }

  /** Whether each operation could be timed; if not, {@link Kernels#warmUp} tries again. */
  public synchronized boolean timed() {
    return timed;
  }

  private synchronized List<BulkKernels> rungs() {
    return List.copyOf(rungs);
  }

  /**
   * What a rung was found fastest at, for ranges of any size.
   *
   * @param rung one of this ladder's
   * @return the field's names of operations, as in {@link #report()}; empty if the rung is out
   */
  public Set<String> doneBy(BulkKernels rung) {
    final BulkKernels[] now = choice;
    final Set<String> labels = new TreeSet<>();
    for (final Operation operation : Operation.values()) {
      for (int size = 0; size < SIZES; size++) {
        if (now[operation.ordinal() * SIZES + size] == rung) {
          labels.add(operation.label);
        }
      }
    }
    return labels;
  }

  /**
   * The same choice with another object in the place of a rung: for rungs that are not stateless,
   * so that each of several threads can have its own without timing anything again.
   *
   * @param rung one of this ladder's
   * @param twin does what {@code rung} does, and as fast
   * @return kernels that share nothing with this ladder but the other rungs
   */
  public BulkKernels with(BulkKernels rung, BulkKernels twin) {
    return new Ladder(this, rung, twin);
  }

  private BulkKernels rung(Operation operation, long length) {
    final int size = length < MIDDLE ? 0 : length < LONG ? 1 : 2;
    return choice[operation.ordinal() * SIZES + size];
  }

  @Override
  public void copy(MemorySegment dst, MemorySegment src, long offset, long length) {
    rung(Operation.COPY, length).copy(dst, src, offset, length);
  }

  @Override
  public void fill(MemorySegment dst, long offset, long length, byte value) {
    rung(Operation.FILL, length).fill(dst, offset, length, value);
  }

  @Override
  public boolean equal(MemorySegment a, MemorySegment b, long offset, long length) {
    return rung(Operation.EQUAL, length).equal(a, b, offset, length);
  }

  @Override
  public int crc32c(MemorySegment src, long offset, long length, int seed) {
    return rung(Operation.CRC32C, length).crc32c(src, offset, length, seed);
  }

  @Override
  public void xor(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long offset, long length) {
    rung(Operation.XOR, length).xor(dst, sources, count, offset, length);
  }

  @Override
  public boolean xorIsZero(@Nullable MemorySegment[] sources, int count, long offset, long length) {
    return rung(Operation.XOR_IS_ZERO, length).xorIsZero(sources, count, offset, length);
  }

  @Override
  public void pq(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length) {
    rung(Operation.PQ, length).pq(p, q, data, count, offset, length);
  }

  @Override
  public void pqAccumulate(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length) {
    rung(Operation.PQ_ACCUMULATE, length).pqAccumulate(p, q, data, count, offset, length);
  }

  @Override
  public int pqCheck(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length) {
    return rung(Operation.PQ_CHECK, length).pqCheck(p, q, data, count, offset, length);
  }

  @Override
  public void recoverTwoData(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int failedA,
      int failedB,
      long offset,
      long length) {
    rung(Operation.RECOVER_TWO_DATA, length)
        .recoverTwoData(p, q, data, count, failedA, failedB, offset, length);
  }

  @Override
  public void recoverDataAndP(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int failed,
      long offset,
      long length) {
    rung(Operation.RECOVER_DATA_AND_P, length)
        .recoverDataAndP(p, q, data, count, failed, offset, length);
  }
}
