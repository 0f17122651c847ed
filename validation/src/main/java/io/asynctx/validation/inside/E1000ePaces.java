package io.asynctx.validation.inside;

import io.asynctx.dmaengine.bus.BarWindow;
import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.DmaDirection;
import io.asynctx.dmaengine.bus.FunctionGoneException;
import io.asynctx.dmaengine.bus.PciFunction;
import io.asynctx.dmaengine.driver.InterruptSource;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Interrupts, reset and removal, with a network card of QEMU that is told to interrupt by a
 * register.
 *
 * <p>Threading: one thread.
 *
 * @see "Intel 82574 datasheet, chapter 10, for the registers"
 */
final class E1000ePaces {

  static final String IDS = "(pci.vendor=8086)(pci.device=10d3)";

  /** What the host waits for on the console before it pulls the card. */
  static final String PULL = "asynctx:pull=now";

  private static final int COMMAND = 4;
  private static final int MASTER = 4;
  private static final long CAUSE = 0xc0;
  private static final long CAUSE_SET = 0xc8;
  private static final long MASK_SET = 0xd0;
  private static final long VECTORS = 0xe4;
  private static final int OTHER = 1 << 24;
  private static final int OTHER_TO_VECTOR = 16;
  private static final int VALID = 8;
  private static final int VECTOR = 3;
  private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long SHORT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private E1000ePaces() {}

  static void interrupts(PciFunction function, PrintStream out) throws InterruptedException {
    try (ClaimedFunction claim = function.claim("inside")) {
      Expect.same("vectors", 5, claim.interruptVectors());
      for (int count = VECTOR + 1; count <= 5; count++) {
        claim.enableInterrupts(count);
        final InterruptSource source = claim.interrupt(VECTOR);
        arm(claim);
        Expect.that("no interrupt is there yet", !source.await(SHORT_NANOS));
        claim.bar(0).write32(CAUSE_SET, OTHER);
        Expect.that("an interrupt came", source.await(LONG_NANOS));
        Expect.that("one interrupt came", !source.await(SHORT_NANOS));
        Expect.that("no other vector has one", !claim.interrupt(0).await(SHORT_NANOS));
        if (count == 5) {
          Expect.that("it can be reset", claim.reset());
          Expect.same("bus mastering", 0, claim.readConfig16(COMMAND) & MASTER);
          claim.bar(0).write32(CAUSE_SET, OTHER);
          Expect.that("no interrupt comes after a reset", !source.await(SHORT_NANOS));
        } else {
          claim.disableInterrupts();
        }
      }
      out.println("e1000e: interrupts and reset as they should be");
    }
  }

  private static void arm(ClaimedFunction claim) {
    claim.writeConfig16(COMMAND, claim.readConfig16(COMMAND) | MASTER);
    final BarWindow bar = claim.bar(0);
    bar.write32(VECTORS, (VALID | VECTOR) << OTHER_TO_VECTOR);
    bar.write32(CAUSE, OTHER); // a cause that stands does not interrupt again
    bar.write32(MASK_SET, OTHER);
  }

  static void removal(PciFunction function, BooleanSupplier unregistered, PrintStream out)
      throws InterruptedException {
    try (ClaimedFunction claim = function.claim("inside");
        Arena arena = Arena.ofShared()) {
      final long iova = claim.mapDma(arena.allocate(100), DmaDirection.BOTH);
      claim.enableInterrupts(1);
      out.println(PULL);
      out.flush();
      Expect.that("its interrupt source returns", claim.interrupt(0).await(4 * LONG_NANOS));
      Expect.that("the claim says that it is gone", claim.gone());
      Expect.same("a register", -1, claim.bar(0).read32(0));
      Expect.same("a register of configuration space", 0xffff, claim.readConfig16(0));
      try {
        claim.mapDma(arena.allocate(100), DmaDirection.BOTH);
        throw new IllegalStateException("not so: memory cannot be mapped for it");
      } catch (FunctionGoneException e) {
        out.println("mapping refused: " + e.getMessage());
      }
      claim.unmapDma(iova);
    }
    final long deadline = System.nanoTime() + LONG_NANOS;
    while (!unregistered.getAsBoolean()) {
      Expect.that("its service is unregistered", System.nanoTime() < deadline);
      Thread.onSpinWait();
    }
    out.println("removal: as it should be, function=" + function.identity());
  }
}
