package io.asynctx.validation.inside;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.Chain;
import io.asynctx.async.Outcome;
import io.asynctx.async.Policy;
import io.asynctx.dmaengine.Provenance;
import io.asynctx.memory.DmaBuffer;
import io.asynctx.memory.DmaBuffers;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * The chain of the 2007 document, over and over, on a device that is pulled out meanwhile. Every
 * run must end once, with the right bytes, whoever did it.
 *
 * <p>Threading: one thread.
 */
final class PulledPaces {

  private static final int BYTES = 64 << 10;
  private static final int SOURCES = 3;
  private static final int RUNS = 40;
  private static final long LONG_SECONDS = 120;

  private final MemorySegment[] blocks = new MemorySegment[SOURCES + 4];
  private final Chain chain;
  private int byDevice;
  private int runs;

  private PulledPaces(AsyncTx async, MemorySegment memory) {
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = memory.asSlice((long) i * BYTES, BYTES);
    }
    final MemorySegment parity = blocks[SOURCES];
    final MemorySegment mirror = blocks[SOURCES + 1];
    final MemorySegment other = blocks[SOURCES + 2];
    final MemorySegment delta = blocks[SOURCES + 3];
    chain =
        async
            .chain("pulled")
            .xor("parity", parity, blocks[0], blocks[1], blocks[2])
            .copy("mirror", mirror, parity)
            .xor("delta", delta, mirror, other)
            .policy(Policy.preferHardware())
            .build();
  }

  static void run(
      AsyncTx async, DmaBuffers buffers, String device, BooleanSupplier gone, PrintStream out)
      throws InterruptedException, ExecutionException, TimeoutException {
    try (DmaBuffer buffer = buffers.allocate((SOURCES + 4L) * BYTES)) {
      final PulledPaces paces = new PulledPaces(async, buffer.segment());
      paces.until(device, () -> paces.byDevice >= RUNS);
      out.println(E1000ePaces.PULL);
      out.flush();
      paces.until(device, gone);
      final int before = paces.runs;
      final int byDevice = paces.byDevice;
      paces.until(device, () -> paces.runs >= before + RUNS);
      Expect.same("steps of a device that is gone", byDevice, paces.byDevice);
      out.println(
          "pulled: runs=" + paces.runs + ", with the device=" + byDevice + ", device=" + device);
    }
  }

  private void until(String device, BooleanSupplier enough)
      throws InterruptedException, ExecutionException, TimeoutException {
    final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONG_SECONDS);
    while (!enough.getAsBoolean()) {
      Expect.that(
          "it comes to an end, runs=" + runs + ", device=" + byDevice,
          System.nanoTime() < deadline);
      runs++;
      for (int i = 0; i < blocks.length; i++) {
        blocks[i].fill((byte) (runs * 31 + i * 7));
      }
      final Outcome outcome =
          chain.submit().toCompletableFuture().get(LONG_SECONDS, TimeUnit.SECONDS);
      Expect.that("every step ended well: " + outcome, outcome.ok());
      check();
      if (outcome.steps().stream().map(Outcome.Step::provenance).anyMatch(p -> by(p, device))) {
        byDevice++;
      }
    }
  }

  private static boolean by(Provenance provenance, String device) {
    return provenance.device().equals(device);
  }

  private void check() {
    for (long at = 0; at < BYTES; at += Long.BYTES) {
      final long parity = at(0, at) ^ at(1, at) ^ at(2, at);
      Expect.same("parity at " + at, parity, at(SOURCES, at));
      Expect.same("mirror at " + at, parity, at(SOURCES + 1, at));
      Expect.same("delta at " + at, parity ^ at(SOURCES + 2, at), at(SOURCES + 3, at));
    }
  }

  private long at(int block, long offset) {
    return blocks[block].get(ValueLayout.JAVA_LONG, offset);
  }
}
