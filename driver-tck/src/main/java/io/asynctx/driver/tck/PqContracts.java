package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.driver.tck.Cases.Onto;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * RAID-6: syndromes with real coefficients, their check, and recovery. Every block is random, so
 * that a wrong product, a wrong order, or P and Q exchanged cannot go unseen.
 */
final class PqContracts {
  private static final int NARROW = 96;

  /** A stripe has at most 255 disks, two of them P and Q. */
  private static final int MOST_DATA = 253;

  /** Implied sources of a continuation without help: P, Q, Q. */
  private static final int IMPLIED = 3;

  private static final Set<Integer> NO_ZEROS = Set.of();

  private PqContracts() {}

  static List<Contract> all() {
    return List.of(
        Contract.of(
            "D-PQ",
            "syndromes are right in every byte, whatever the length",
            DmaCap.PQ,
            PqContracts::pq),
        Contract.of(
            "D-PQ-SOURCES",
            "syndromes take every number of data blocks up to their limit",
            DmaCap.PQ,
            PqContracts::sources),
        Contract.of("D-PQ-HALF", "P or Q may be not wanted", DmaCap.PQ, PqContracts::half),
        Contract.of(
            "D-PQ-NULL",
            "a null data block counts as zeros and keeps its place",
            DmaCap.PQ,
            PqContracts::zeros),
        Contract.of(
            "D-PQ-COEFFICIENTS",
            "coefficients of a later piece are taken from the transfer, zero meaning not in Q",
            DmaCap.PQ,
            PqContracts::coefficients),
        Contract.of(
            "D-PQ-CONTINUE",
            "a continuation goes on from what P and Q hold",
            DmaCap.PQ,
            bench -> onto(bench, Onto.CONTINUATION, bench.limits.pqContinuation())),
        Contract.of(
            "D-PQ-ACCUMULATE",
            "an accumulation exclusive-ors into what P and Q hold",
            DmaCap.PQ,
            bench -> onto(bench, Onto.ACCUMULATE, bench.limits.pqAccumulate())),
        Contract.of(
            "D-PQ-IMPLIED",
            "P and Q may be sources too, as the engine continues without help of the device",
            DmaCap.PQ,
            PqContracts::implied),
        Contract.of(
            "D-PQVAL",
            "a check of syndromes finds what is wrong in P and in Q, and writes nothing",
            DmaCap.PQ_VAL,
            PqContracts::check),
        Contract.of(
            "D-RECOVER",
            "any two lost data blocks come back",
            DmaCap.RAID6_RECOV,
            PqContracts::recover),
        Contract.of(
            "D-RECOVER-P",
            "a lost data block and P come back",
            DmaCap.RAID6_RECOV,
            PqContracts::recoverWithP));
  }

  /** Whether the engine would continue a P/Q by making P and Q sources. */
  static boolean implied(DmaCaps capabilities, DeviceLimits limits) {
    return capabilities.has(DmaCap.PQ)
        && !limits.pqContinuation()
        && limits.maxPq() > IMPLIED
        && limits.maxPq() < MOST_DATA;
  }

  private static int most(Bench bench) {
    return Math.min(MOST_DATA, bench.limits.maxPq());
  }

  /**
   * Numbers of data blocks around hardware edges: 8 | 9 is where I/OAT changes to extended sources.
   */
  private static int[] counts(int least, int most) {
    return IntStream.of(1, 2, 3, 4, 5, 8, 9, 16, 17, most - 1, most)
        .filter(n -> n >= least && n <= most)
        .distinct()
        .toArray();
  }

  private static void pq(Bench bench) {
    final Harness harness = bench.open();
    for (int size : bench.sizes(DmaCap.PQ)) {
      bench.memory.reset();
      harness.run(List.of(bench.cases.pq(Math.min(3, most(bench)), size)));
    }
  }

  private static void sources(Bench bench) {
    final Harness harness = bench.open();
    for (int data : counts(1, most(bench))) {
      bench.memory.reset();
      harness.run(List.of(bench.cases.pq(data, bench.length(DmaCap.PQ, NARROW))));
    }
  }

  private static void half(Bench bench) {
    final Harness harness = bench.open();
    for (int data : counts(1, most(bench))) {
      bench.memory.reset();
      final int length = bench.length(DmaCap.PQ, NARROW);
      final int[] generators = Oracle.generators(data);
      harness.run(
          List.of(
              bench.cases.pq(data, length, generators, NO_ZEROS, true, false, Onto.NOTHING),
              bench.cases.pq(data, length, generators, NO_ZEROS, false, true, Onto.NOTHING)));
    }
  }

  private static void zeros(Bench bench) {
    final Harness harness = bench.open();
    final int length = bench.length(DmaCap.PQ, NARROW);
    for (int data : counts(2, most(bench))) {
      final int last = data - 1;
      for (Set<Integer> zeros : List.of(Set.of(0), Set.of(last), Set.of(data / 2))) {
        bench.memory.reset();
        harness.run(
            List.of(
                bench.cases.pq(
                    data, length, Oracle.generators(data), zeros, true, true, Onto.NOTHING)));
      }
    }
  }

  /** Only later pieces have others than a stripe's own, and only if they are no continuation. */
  private static void coefficients(Bench bench) {
    Bench.applies(
        implied(bench.capabilities, bench.limits),
        "the device gets only coefficients of a stripe: maxPq=" + bench.limits.maxPq());
    final Harness harness = bench.open();
    final int length = bench.length(DmaCap.PQ, NARROW);
    final int data = Math.min(4, most(bench));
    for (int[] chosen : new int[][] {{0, 0, 0, 0}, {0xff, 0, 1, 2}, {3, 0x8e, 0x80, 0xff}}) {
      bench.memory.reset();
      final int[] some = java.util.Arrays.copyOf(chosen, data);
      harness.run(
          List.of(
              bench.cases.pq(data, length, some, NO_ZEROS, true, true, Onto.NOTHING),
              bench.cases.pq(data, length, some, NO_ZEROS, false, true, Onto.NOTHING)));
    }
  }

  private static void onto(Bench bench, Onto how, boolean declared) {
    Bench.applies(declared, "device did not declare " + how);
    final Harness harness = bench.open();
    final int length = bench.length(DmaCap.PQ, NARROW);
    for (int data : counts(1, most(bench))) {
      // a later piece may stand anywhere in a stripe: a continuation, and a split accumulation
      final int last = MOST_DATA - data;
      for (int first : IntStream.of(0, Math.min(7, last), last).distinct().toArray()) {
        bench.memory.reset();
        final int[] later = new int[data];
        for (int i = 0; i < data; i++) {
          later[i] = Oracle.generator(first + i);
        }
        harness.run(
            List.of(
                bench.cases.pq(data, length, later, NO_ZEROS, true, true, how),
                bench.cases.pq(data, length, later, NO_ZEROS, true, false, how),
                bench.cases.pq(data, length, later, NO_ZEROS, false, true, how)));
      }
    }
  }

  private static void implied(Bench bench) {
    Bench.applies(
        implied(bench.capabilities, bench.limits),
        "the engine never continues this way: maxPq=" + bench.limits.maxPq());
    final Harness harness = bench.open();
    final int length = bench.length(DmaCap.PQ, NARROW);
    final int first = most(bench);
    for (int fresh : counts(1, most(bench) - IMPLIED)) {
      bench.memory.reset();
      harness.run(
          List.of(
              bench.cases.pqImplied(fresh, first, length, true, true),
              bench.cases.pqImplied(fresh, first, length, true, false),
              bench.cases.pqImplied(fresh, first, length, false, true)));
    }
    for (int size : bench.sizes(DmaCap.PQ)) {
      bench.memory.reset();
      harness.run(List.of(bench.cases.pqImplied(1, first, size, true, true)));
    }
  }

  private static void check(Bench bench) {
    final Harness harness = bench.open();
    for (int size : bench.sizes(DmaCap.PQ_VAL)) {
      checks(bench, harness, Math.min(3, most(bench)), size, NO_ZEROS, true, true);
    }
    final int length = bench.length(DmaCap.PQ_VAL, NARROW);
    for (int data : counts(1, most(bench))) {
      final Set<Integer> zeros = data > 1 ? Set.of(data / 2) : NO_ZEROS;
      for (int asked = 1; asked < 4; asked++) {
        checks(bench, harness, data, length, zeros, (asked & 1) != 0, (asked & 2) != 0);
        checks(bench, harness, data, length, NO_ZEROS, (asked & 1) != 0, (asked & 2) != 0);
      }
    }
  }

  /** Nothing wrong; P, Q, both; at the first byte and at the last. */
  private static void checks(
      Bench bench,
      Harness harness,
      int data,
      int size,
      Set<Integer> zeros,
      boolean askP,
      boolean askQ) {
    final int last = size - 1;
    for (int[] wrong :
        new int[][] {{-1, -1}, {0, -1}, {-1, 0}, {last, -1}, {-1, last}, {last, 0}}) {
      bench.memory.reset();
      harness.run(List.of(bench.cases.pqVal(data, size, zeros, askP, askQ, wrong[0], wrong[1])));
    }
  }

  private static void recover(Bench bench) {
    final Harness harness = bench.open();
    final int length = bench.length(DmaCap.RAID6_RECOV, NARROW);
    for (int data = 2; data <= Math.min(6, most(bench)); data++) {
      for (int a = 0; a < data; a++) {
        for (int b = 0; b < data; b++) {
          if (a != b) {
            one(bench, harness, data, length, a, b);
          }
        }
      }
    }
    final int wide = most(bench);
    if (wide > 6) {
      one(bench, harness, wide, length, 0, wide - 1);
      one(bench, harness, wide, length, wide / 2, wide - 1);
    }
    for (int size : bench.sizes(DmaCap.RAID6_RECOV)) {
      one(bench, harness, Math.min(3, most(bench)), size, 0, 1);
    }
  }

  private static void recoverWithP(Bench bench) {
    final Harness harness = bench.open();
    final int length = bench.length(DmaCap.RAID6_RECOV, NARROW);
    for (int data = 2; data <= Math.min(6, most(bench)); data++) {
      for (int a = 0; a < data; a++) {
        one(bench, harness, data, length, a, data);
        one(bench, harness, data, length, data, a);
      }
    }
    final int wide = most(bench);
    if (wide > 6) {
      one(bench, harness, wide, length, wide - 1, wide);
    }
  }

  /** With every other block there, and once more with one of them zeros. */
  private static void one(Bench bench, Harness harness, int data, int length, int a, int b) {
    bench.memory.reset();
    harness.run(List.of(bench.cases.recover(data, length, NO_ZEROS, a, b)));
    final int zero = IntStream.range(0, data).filter(i -> i != a && i != b).findFirst().orElse(-1);
    if (zero >= 0) {
      bench.memory.reset();
      harness.run(List.of(bench.cases.recover(data, length, Set.of(zero), a, b)));
    }
  }
}
