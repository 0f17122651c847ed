package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.DeviceLimits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** What kinds of operands every operation must take. */
final class OperandContracts {
  private static final int NARROW = 200;
  private static final int FOREIGN_BYTES = 1 << 20;

  /** What a long[] guarantees; a byte[] guarantees nothing. */
  private static final int HEAP_ALIGNMENT = 8;

  private OperandContracts() {}

  static List<Contract> all() {
    return List.of(
        Contract.of(
            "D-OFFSET",
            "operands start at offset in their segments, and end before those do",
            OperandContracts::offset),
        Contract.of(
            "D-LARGEST",
            "the largest transfer of every operation is right in every byte",
            OperandContracts::largest),
        Contract.of(
            "D-READONLY",
            "sources may be read-only segments, those of validate operations too",
            OperandContracts::readOnly),
        Contract.of(
            "M-ANY",
            "a device that takes any memory takes heap arrays and shared arenas",
            OperandContracts::anyMemory),
        Contract.of(
            "M-CLOSED",
            "memory closed by its owner ends a transfer as SEGMENT_CLOSED",
            OperandContracts::closed));
  }

  /** Whether the kit can make heap operands that stand as this device wants them. */
  static boolean unpinnable(DeviceLimits limits) {
    return Math.max(
            Math.max(limits.copyAlignment(), limits.fillAlignment()),
            Math.max(limits.xorAlignment(), limits.pqAlignment()))
        <= HEAP_ALIGNMENT;
  }

  private static void offset(Bench bench) {
    final Harness harness = bench.open();
    everyOperation(bench, harness, bench.cases.shifted());
  }

  private static void readOnly(Bench bench) {
    final Harness harness = bench.open();
    everyOperation(bench, harness, bench.cases.readOnly());
  }

  private static void everyOperation(Bench bench, Harness harness, Cases cases) {
    for (DmaCap operation : bench.operations()) {
      for (int round = 0; round < 4; round++) {
        bench.memory.reset();
        harness.run(List.of(cases.any(operation, bench.length(operation, NARROW + round))));
      }
    }
  }

  private static void largest(Bench bench) {
    final Harness harness = bench.open();
    for (DmaCap operation : bench.operations()) {
      final int unit = bench.alignment(operation);
      final int largest = bench.largest(operation);
      bench.memory.reset();
      harness.run(List.of(bench.cases.any(operation, largest)));
      if (largest > unit) {
        bench.memory.reset();
        harness.run(List.of(bench.cases.shifted().any(operation, largest - unit)));
      }
    }
  }

  private static void applies(Bench bench) {
    Bench.applies(
        !bench.limits.pinnedMemoryOnly(), "device takes only memory that cannot be closed");
    Bench.applies(
        unpinnable(bench.limits),
        "alignment is more than the heap guarantees: limits=" + bench.limits);
  }

  private static void anyMemory(Bench bench) {
    applies(bench);
    final Harness harness = bench.open();
    final MemorySegment heap = MemorySegment.ofArray(new long[FOREIGN_BYTES / Long.BYTES]);
    try (Arena arena = Arena.ofShared()) {
      for (MemorySegment slab : List.of(heap, arena.allocate(FOREIGN_BYTES, HEAP_ALIGNMENT))) {
        final Memory memory = Memory.over(slab);
        for (DmaCap operation : bench.operations()) {
          memory.reset();
          final int length = bench.length(operation, NARROW);
          final List<Case> cases = new ArrayList<>();
          cases.add(bench.cases.in(memory).any(operation, length));
          cases.add(bench.cases.in(memory).shifted().any(operation, length));
          harness.run(cases);
        }
      }
    }
  }

  private static void closed(Bench bench) {
    applies(bench);
    final Harness harness = bench.open();
    for (DmaCap operation : bench.operations()) {
      if (operation != DmaCap.INTERRUPT) {
        closed(bench, harness, operation, true);
        closed(bench, harness, operation, false);
      }
    }
    harness.run(bench.mixed(bench.inFlight(), 64));
  }

  /**
   * Closed before the push, or between push and doorbell; the latter may come too late to matter.
   */
  private static void closed(Bench bench, Harness harness, DmaCap operation, boolean before) {
    final Case one;
    try (Arena arena = Arena.ofShared()) {
      final Memory memory = Memory.over(arena.allocate(FOREIGN_BYTES, HEAP_ALIGNMENT));
      one = bench.cases.in(memory).any(operation, bench.length(operation, NARROW));
      if (!before) {
        harness.pushed(one.transfer());
      }
    }
    if (before) {
      harness.pushed(one.transfer());
    }
    harness.doorbell();
    harness.drained();
    final Report report = one.transfer().report();
    Bench.require(
        report != null
            && (report.result() == TransferResult.SEGMENT_CLOSED || !before && report.succeeded()),
        "closed memory did not end as SEGMENT_CLOSED: operation="
            + operation
            + ", report="
            + report);
  }
}
