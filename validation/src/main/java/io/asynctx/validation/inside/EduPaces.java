package io.asynctx.validation.inside;

import io.asynctx.dmaengine.bus.BarWindow;
import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.DmaDirection;
import io.asynctx.dmaengine.bus.PciFunction;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Registers and DMA, with the educational device of QEMU.
 *
 * <p>Threading: one thread.
 *
 * @see "QEMU docs/specs/edu.rst"
 */
final class EduPaces {

  static final String IDS = "(pci.vendor=1234)(pci.device=11e8)";

  private static final int IDENTITY = 0x0100_00ed;
  private static final long LIVENESS = 0x04;
  private static final long FACTORIAL = 0x08;
  private static final long STATUS = 0x20;
  private static final int COMPUTING = 1;
  private static final long DMA_SOURCE = 0x80;
  private static final long DMA_DESTINATION = 0x88;
  private static final long DMA_COUNT = 0x90;
  private static final long DMA_COMMAND = 0x98;
  private static final int START = 1;
  private static final int TO_MEMORY = 2;
  private static final long ITS_MEMORY = 0x4_0000;

  private static final int COMMAND = 4;
  private static final int MASTER = 4;
  private static final int BYTES = 3000;
  private static final int ODD = 100;

  private final ClaimedFunction claim;
  private final BarWindow bar;

  private EduPaces(ClaimedFunction claim) {
    this.claim = claim;
    this.bar = claim.bar(0);
  }

  static void run(PciFunction function, PrintStream out) {
    Expect.that("real functions are not called emulated", !function.emulated());
    try (ClaimedFunction claim = function.claim("inside");
        Arena arena = Arena.ofShared()) {
      final EduPaces edu = new EduPaces(claim);
      edu.configuration();
      edu.registers();
      edu.dma(arena);
      out.println("edu: registers and DMA as they should be, function=" + function.identity());
    }
    Expect.that("nobody has it", function.owner() == null);
    function.claim("again").close();
  }

  private void configuration() {
    Expect.same("vendor", 0x1234, claim.readConfig16(0));
    Expect.same("device", 0x11e8, claim.readConfig16(2));
    Expect.same("ids", 0x11e8_1234, claim.readConfig32(0));
    Expect.same("bus mastering", 0, claim.readConfig16(COMMAND) & MASTER);
    claim.writeConfig16(COMMAND, claim.readConfig16(COMMAND) | MASTER);
    Expect.same("bus mastering", MASTER, claim.readConfig16(COMMAND) & MASTER);
  }

  private void registers() {
    Expect.same("window", 1 << 20, bar.size());
    Expect.same("identity", IDENTITY, bar.read32(0));
    bar.write32(LIVENESS, 0x1234_5678);
    Expect.same("liveness", ~0x1234_5678, bar.read32(LIVENESS));
    bar.write32(FACTORIAL, 10);
    while ((bar.read32(STATUS) & COMPUTING) != 0) {
      Thread.onSpinWait();
    }
    Expect.same("factorial", 3_628_800, bar.read32(FACTORIAL));
  }

  private void dma(Arena arena) {
    final MemorySegment memory = arena.allocate(4 * 4096, 4096);
    final MemorySegment source = memory.asSlice(ODD, BYTES);
    final MemorySegment target = memory.asSlice(2 * 4096 + ODD, BYTES);
    for (int i = 0; i < BYTES; i++) {
      source.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 7 + 1));
    }
    final long from = claim.mapDma(source, DmaDirection.TO_DEVICE);
    final long to = claim.mapDma(target, DmaDirection.FROM_DEVICE);
    transfer(from, ITS_MEMORY, START);
    transfer(ITS_MEMORY, to, START | TO_MEMORY);
    Expect.same("bytes that came back", -1, source.mismatch(target));

    target.fill((byte) 0);
    transfer(ITS_MEMORY, from, START | TO_MEMORY);
    Expect.that("memory that it may only read is not written", unchanged(source));
    claim.unmapDma(to);
    transfer(ITS_MEMORY, to, START | TO_MEMORY);
    Expect.that("memory that was unmapped is not written", zero(target));
    claim.writeConfig16(COMMAND, claim.readConfig16(COMMAND) & ~MASTER);
    final long again = claim.mapDma(target, DmaDirection.BOTH);
    transfer(ITS_MEMORY, again, START | TO_MEMORY);
    Expect.that("without bus mastering nothing is written", zero(target));
  }

  private static boolean unchanged(MemorySegment source) {
    for (int i = 0; i < BYTES; i++) {
      if (source.get(ValueLayout.JAVA_BYTE, i) != (byte) (i * 7 + 1)) {
        return false;
      }
    }
    return true;
  }

  private static boolean zero(MemorySegment target) {
    return target.mismatch(MemorySegment.ofArray(new byte[BYTES])) == -1;
  }

  private void transfer(long source, long destination, int command) {
    bar.write64(DMA_SOURCE, source);
    bar.write64(DMA_DESTINATION, destination);
    bar.write64(DMA_COUNT, BYTES);
    bar.write64(DMA_COMMAND, command);
    while ((bar.read64(DMA_COMMAND) & START) != 0) {
      Thread.onSpinWait();
    }
  }
}
