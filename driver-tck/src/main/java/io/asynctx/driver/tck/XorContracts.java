package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Exclusive or, and its check. */
final class XorContracts {
  private static final int NARROW = 96;

  private XorContracts() {}

  static List<Contract> all() {
    return List.of(
        Contract.of(
            "D-XOR",
            "an exclusive or is right in every byte, whatever the length",
            DmaCap.XOR,
            XorContracts::xor),
        Contract.of(
            "D-XOR-SOURCES",
            "an exclusive or takes every number of sources up to its limit",
            DmaCap.XOR,
            XorContracts::sources),
        Contract.of(
            "D-XOR-INPLACE",
            "the destination of an exclusive or may be its first source",
            DmaCap.XOR,
            XorContracts::inPlace),
        Contract.of(
            "D-XORVAL",
            "a check of an exclusive or finds one wrong bit anywhere, and writes nothing",
            DmaCap.XOR_VAL,
            XorContracts::check));
  }

  /**
   * Numbers of sources around hardware edges: 5 | 6 is where I/OAT needs an extended descriptor.
   */
  private static int[] counts(int most) {
    return IntStream.of(2, 3, 4, 5, 6, 7, 8, 9, 16, 17, most - 1, most)
        .filter(n -> n >= 2 && n <= most)
        .distinct()
        .toArray();
  }

  private static void xor(Bench bench) {
    final Harness harness = bench.open();
    for (int size : bench.sizes(DmaCap.XOR)) {
      bench.memory.reset();
      harness.run(
          List.of(
              bench.cases.xor(2, size), bench.cases.xor(Math.min(3, bench.limits.maxXor()), size)));
    }
  }

  private static void sources(Bench bench) {
    final Harness harness = bench.open();
    final int length = bench.length(DmaCap.XOR, NARROW);
    for (int count : counts(bench.limits.maxXor())) {
      bench.memory.reset();
      harness.run(List.of(bench.cases.xor(count, length)));
    }
  }

  private static void inPlace(Bench bench) {
    final Harness harness = bench.open();
    for (int count : counts(bench.limits.maxXor())) {
      bench.memory.reset();
      harness.run(List.of(bench.cases.xorInPlace(count, bench.length(DmaCap.XOR, NARROW))));
    }
    for (int size : bench.sizes(DmaCap.XOR)) {
      bench.memory.reset();
      harness.run(List.of(bench.cases.xorInPlace(2, size)));
    }
  }

  private static void check(Bench bench) {
    final Harness harness = bench.open();
    for (int size : bench.sizes(DmaCap.XOR_VAL)) {
      bench.memory.reset();
      final List<Case> cases = new ArrayList<>();
      for (int flipped : new int[] {-1, 0, size / 2, size - 1}) {
        cases.add(bench.cases.xorVal(2, size, flipped));
      }
      harness.run(cases);
    }
    final int length = bench.length(DmaCap.XOR_VAL, NARROW);
    for (int count : counts(bench.limits.maxXor())) {
      bench.memory.reset();
      harness.run(
          List.of(
              bench.cases.xorVal(count, length, -1),
              bench.cases.xorVal(count, length, length - 1)));
    }
  }
}
