package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaStatus;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a device must do together with an engine. */
final class EngineContracts {
  private static final int ROUNDS = 50;
  private static final int BYTES = 4096;

  private EngineContracts() {}

  static List<Contract> all() {
    return List.of(
        Contract.of(
            "E-DEPENDENTS",
            "an operation runs after the one it depends on, issued by the clean-up path alone",
            EngineContracts::dependents));
  }

  private static void dependents(Bench bench) throws Exception {
    final Supplier<? extends EngineUnderTest> engines = bench.options.engine();
    if (engines == null) {
      throw new ContractSkipped("no engine was given to the kit");
    }
    final boolean copies = bench.capabilities.has(DmaCap.MEMCPY);
    Bench.applies(
        copies || bench.capabilities.has(DmaCap.XOR), "device can neither copy nor exclusive-or");
    try (EngineUnderTest engine = engines.get()) {
      final DmaChannel channel = engine.lease(bench.device);
      for (int round = 0; round < ROUNDS; round++) {
        chain(bench, channel, copies, round);
      }
    }
  }

  /**
   * Moves bytes from a to b and from b to c: right in c only if the second came after the first.
   */
  private static void chain(Bench bench, DmaChannel channel, boolean copies, int round) {
    bench.memory.reset();
    final int length = bench.length(copies ? DmaCap.MEMCPY : DmaCap.XOR, BYTES);
    final int alignment = bench.alignment(copies ? DmaCap.MEMCPY : DmaCap.XOR);
    final byte[] bytes = new byte[length];
    bench.random.nextBytes(bytes);
    final Operand a = Operand.of("a", bench.memory, bytes, alignment);
    final Operand b = Operand.destination("b", bench.memory, length, alignment).becomes(bytes);
    final Operand c = Operand.destination("c", bench.memory, length, alignment).becomes(bytes);
    final Operand zeros = Operand.of("zeros", bench.memory, new byte[length], alignment);
    final long first = prepare(channel, copies, b, a, zeros, length);
    final long second = prepare(channel, copies, c, b, zeros, length);
    channel.submit(first);
    channel.dependsOn(second, first);
    channel.submit(second);
    channel.issuePending();
    // no wait: a wait issues what is pending, and that is what must not be needed
    final long end = System.nanoTime() + bench.options.transferTimeout().toNanos();
    int idle = 0;
    while (channel.status(second) == DmaStatus.IN_PROGRESS) {
      if (System.nanoTime() - end > 0) {
        bench.soil();
        throw new ContractFailure(
            "the dependent did not end: round="
                + round
                + ", first="
                + channel.describe(first)
                + ", second="
                + channel.describe(second));
      }
      idle++;
      Harness.rest(idle);
    }
    Bench.require(
        channel.status(first) == DmaStatus.COMPLETE && channel.status(second) == DmaStatus.COMPLETE,
        "the chain ended badly: first="
            + channel.describe(first)
            + ", second="
            + channel.describe(second));
    channel.ack(first);
    channel.ack(second);
    for (Operand operand : List.of(a, b, c, zeros)) {
      final @Nullable String differs = operand.differs();
      Bench.require(differs == null, differs + ", round=" + round);
    }
  }

  private static long prepare(
      DmaChannel channel, boolean copies, Operand to, Operand from, Operand zeros, int length) {
    final MemorySegment dst = to.segment(0, false);
    final MemorySegment src = from.segment(0, false);
    final long descriptor =
        copies
            ? channel.prepMemcpy(dst, src, length, DmaChannel.PREP_NONE)
            : channel.prepXor(
                dst,
                new MemorySegment[] {src, zeros.segment(0, false)},
                2,
                length,
                DmaChannel.PREP_NONE);
    Bench.require(descriptor != DmaChannel.NONE, "the engine has no free descriptor");
    return descriptor;
  }
}
