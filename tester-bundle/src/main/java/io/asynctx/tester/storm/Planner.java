package io.asynctx.tester.storm;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * Makes one submitter's chains from the seed alone: the same seed gives the same operations,
 * buffers and terms, whatever becomes of them.
 *
 * <p>Threading: one thread.
 */
final class Planner {

  /** Distance of the shifts of two operations of a chain; larger than any distance of a move. */
  static final int STEP = 8;

  /** Most operations of a chain. */
  static final int MOST = 6;

  /** Bytes of the pool that lanes are filled from, beyond the largest lane. */
  static final int POOL = 1 << 20;

  private static final int SHORTEST = 2 * STEP * (MOST + 1);

  /** Ways to hand operations over. */
  enum Style {
    /** Descriptors, and now and then a chain that is built. */
    MIXED,
    DESCRIPTORS,
    /** Chains of one operation each. */
    SINGLES
  }

  private final SplittableRandom random;
  private final Style style;
  private final int end;
  private int next;

  /**
   * A planner of so many operations.
   *
   * @param seed of the run
   * @param submitter which submitter
   * @param first number of its first operation
   * @param count how many
   * @param style how they are handed over
   */
  Planner(long seed, int submitter, int first, int count, Style style) {
    this.style = style;
    this.random = new SplittableRandom(seed * 31 + submitter);
    this.next = first;
    this.end = first + count;
  }

  /** The random bytes that all lanes of a run are filled from. */
  static byte[] pool(long seed) {
    final byte[] pool = new byte[POOL + LaneSize.LARGE.bytes()];
    new Random(seed).nextBytes(pool);
    return pool;
  }

  /** Whether there is another chain. */
  boolean more() {
    return next < end;
  }

  /** The next chain. */
  ChainPlan chain() {
    final LaneSize size = size();
    final int length = SHORTEST + random.nextInt(size.capacity - SHORTEST + 1);
    final List<Integer> starts = new ArrayList<>();
    for (int i = 0; i < LaneSize.REGIONS; i++) {
      final int room = LaneSize.SLACK + size.capacity - length;
      starts.add(LaneSize.GUARD + random.nextInt(Math.min(room, LaneSize.SLACK) + 1));
    }
    final int most = style == Style.SINGLES ? 1 : MOST;
    final int count = Math.min(end - next, 1 + random.nextInt(most));
    final boolean builder = random.nextInt(8) == 0 && style == Style.MIXED;
    final List<Op> ops = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ops.add(op(i, length, builder, ops));
    }
    final ChainPlan plan =
        new ChainPlan(next, size, length, starts, random.nextInt(POOL), builder, ops);
    next += count;
    return plan;
  }

  private LaneSize size() {
    final int number = random.nextInt(100);
    return number < 70 ? LaneSize.SMALL : number < 96 ? LaneSize.MEDIUM : LaneSize.LARGE;
  }

  private Op op(int index, int length, boolean builder, List<Op> before) {
    OpKind kind = OpKind.of(random.nextInt());
    if (builder && (kind == OpKind.INTERRUPT || kind == OpKind.PQ_INTO)) {
      kind = OpKind.XOR_INTO; // the builder has neither
    }
    final int shift = STEP * (index + 1);
    final int distance = distance(kind);
    final List<Integer> regions = shuffled();
    final Op bare =
        new Op(
            kind,
            shift,
            kind == OpKind.INTERRUPT ? 0 : length - shift - Math.max(0, distance),
            destinations(kind, regions),
            List.of(),
            (byte) random.nextInt(),
            distance,
            List.of(),
            List.of(),
            Terms.of(random.nextInt()));
    return withParents(withSources(bare, regions, before), before, builder);
  }

  private int distance(OpKind kind) {
    if (kind != OpKind.MOVE) {
      return 0;
    }
    final int distance = 1 + random.nextInt(STEP);
    return random.nextBoolean() ? distance : -distance;
  }

  private List<Integer> shuffled() {
    final List<Integer> regions = new ArrayList<>();
    for (int i = 0; i < LaneSize.REGIONS; i++) {
      regions.add(i);
    }
    for (int i = regions.size() - 1; i > 0; i--) {
      Collections.swap(regions, i, random.nextInt(i + 1));
    }
    return regions;
  }

  private List<Integer> destinations(OpKind kind, List<Integer> regions) {
    return switch (kind) {
      case COPY, FILL, XOR, XOR_INTO, MOVE -> regions.subList(0, 1);
      case PQ, PQ_INTO ->
          switch (random.nextInt(8)) {
            case 0 -> List.of(Op.NONE, regions.get(1));
            case 1 -> List.of(regions.get(0), Op.NONE);
            default -> regions.subList(0, 2);
          };
      case RECOVER, XOR_VAL, PQ_VAL, INTERRUPT -> List.of();
    };
  }

  private Op withSources(Op op, List<Integer> regions, List<Op> before) {
    return switch (op.kind()) {
      case COPY -> with(op, op.destinations(), regions.subList(1, 2), List.of());
      case MOVE -> with(op, op.destinations(), op.destinations(), List.of());
      case FILL, INTERRUPT -> op;
      case XOR -> with(op, op.destinations(), regions.subList(1, 3 + random.nextInt(3)), List.of());
      case XOR_INTO ->
          with(op, op.destinations(), regions.subList(0, 2 + random.nextInt(3)), List.of());
      case XOR_VAL -> with(op, List.of(), sumOf(before, regions), List.of());
      case PQ, PQ_INTO ->
          with(op, op.destinations(), regions.subList(2, 4 + random.nextInt(3)), List.of());
      case PQ_VAL -> with(op, List.of(), stripeOf(before, regions), List.of());
      case RECOVER -> recovery(op, stripeOf(before, regions));
    };
  }

  /** What an earlier exclusive or summed up, so that the check may find zero; else anything. */
  private List<Integer> sumOf(List<Op> before, List<Integer> regions) {
    for (Op op : before) {
      if (op.kind() == OpKind.XOR) {
        return op.touches();
      }
    }
    return regions.subList(0, 2 + random.nextInt(3));
  }

  /** An earlier stripe, so that the check may find it right; else anything. */
  private List<Integer> stripeOf(List<Op> before, List<Integer> regions) {
    for (Op op : before) {
      if (op.kind() == OpKind.PQ && op.writes().size() == 2) {
        final List<Integer> stripe = new ArrayList<>(op.sources());
        stripe.addAll(op.destinations());
        return stripe;
      }
    }
    return regions.subList(0, 4 + random.nextInt(3));
  }

  private Op recovery(Op op, List<Integer> stripe) {
    final int p = stripe.size() - 2;
    final int a = random.nextInt(p);
    final int b = a + 1 + random.nextInt(p - a);
    return with(op, List.of(stripe.get(a), stripe.get(b)), stripe, List.of(a, b));
  }

  private Op withParents(Op op, List<Op> before, boolean builder) {
    final List<Integer> parents = new ArrayList<>();
    for (int i = 0; i < before.size(); i++) {
      // A built chain has the edges that it needs; a descriptor may wait for anything.
      if (op.conflictsWith(before.get(i)) || !builder && random.nextInt(6) == 0) {
        parents.add(i);
      }
    }
    return new Op(
        op.kind(),
        op.shift(),
        op.length(),
        op.destinations(),
        op.sources(),
        op.value(),
        op.distance(),
        op.failed(),
        parents,
        op.terms());
  }

  private static Op with(
      Op op, List<Integer> destinations, List<Integer> sources, List<Integer> failed) {
    return new Op(
        op.kind(),
        op.shift(),
        op.length(),
        destinations,
        sources,
        op.value(),
        op.distance(),
        failed,
        op.parents(),
        op.terms());
  }
}
