package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import java.util.ArrayList;
import java.util.List;

/** Copy, fill, and the transfer that moves nothing. */
final class CopyContracts {
  private static final byte[] VALUES = {0, 1, (byte) 0x80, (byte) 0xff, 0x5a};

  private CopyContracts() {}

  static List<Contract> all() {
    return List.of(
        Contract.of(
            "D-COPY",
            "a copy moves exactly the bytes asked for, whatever the length",
            DmaCap.MEMCPY,
            CopyContracts::copy),
        Contract.of(
            "D-COPY-OVERLAP",
            "an overlapping copy ends as if copied through a third place",
            DmaCap.MEMCPY,
            CopyContracts::overlap),
        Contract.of(
            "D-FILL",
            "a fill writes exactly the bytes asked for, whatever the value",
            DmaCap.MEMSET,
            CopyContracts::fill),
        Contract.of(
            "D-INTERRUPT",
            "an interrupt transfer completes and moves nothing",
            DmaCap.INTERRUPT,
            CopyContracts::interrupt));
  }

  private static void copy(Bench bench) {
    final Harness harness = bench.open();
    for (int size : bench.sizes(DmaCap.MEMCPY)) {
      bench.memory.reset();
      harness.run(List.of(bench.cases.copy(size), bench.cases.copy(size)));
    }
  }

  private static void overlap(Bench bench) {
    Bench.applies(bench.limits.overlappingCopy(), "device takes no overlapping copies");
    final Harness harness = bench.open();
    final int unit = bench.alignment(DmaCap.MEMCPY);
    for (int size : bench.sizes(DmaCap.MEMCPY)) {
      bench.memory.reset();
      final List<Case> cases = new ArrayList<>();
      for (int distance :
          new int[] {unit, -unit, size / 2 / unit * unit, -(size / 2 / unit * unit)}) {
        if (distance != 0 && Math.abs(distance) < size) {
          cases.add(bench.cases.overlapping(size, distance));
        }
      }
      harness.run(cases);
    }
  }

  private static void fill(Bench bench) {
    final Harness harness = bench.open();
    int next = 0;
    for (int size : bench.sizes(DmaCap.MEMSET)) {
      bench.memory.reset();
      harness.run(List.of(bench.cases.fill(size, VALUES[next % VALUES.length])));
      next++;
    }
  }

  private static void interrupt(Bench bench) {
    final Harness harness = bench.open();
    final List<Case> cases = new ArrayList<>();
    for (int i = 0; i < bench.inFlight(); i++) {
      cases.add(bench.cases.interrupt());
    }
    harness.run(cases);
  }
}
