package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.ChainBuilder;
import io.asynctx.async.Outcome;
import io.asynctx.async.Policy;
import io.asynctx.async.Rule;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What each rule does for each kind: at first, in a chain, after a move, and when displaced. */
class RuleTest {

  private static final List<ProviderKind> CHANNELS =
      List.of(ProviderKind.HARDWARE, ProviderKind.EMULATED, ProviderKind.SOFTWARE);

  private final AsyncBed bed = new AsyncBed();
  private final MemorySegment[] s = bed.blocks(6, 64);
  private final WorkingDevice first = new WorkingDevice("first", 1);

  @AfterEach
  void stop() {
    first.held = false;
    bed.async.issuePendingAll();
    bed.rig.assertEverySlotFree();
    bed.close();
  }

  static Stream<Arguments> operationsAndKinds() {
    return Stream.of(DmaCap.values())
        .filter(op -> op != DmaCap.INTERRUPT)
        .flatMap(op -> Stream.of(ProviderKind.values()).map(kind -> Arguments.of(op, kind)));
  }

  /** One device of each kind; the wanted kind ranks as said. */
  private void devices(ProviderKind wanted, int ranking) {
    for (ProviderKind kind : CHANNELS) {
      final WorkingDevice device = new WorkingDevice(kind.toString(), 1);
      device.kind = kind;
      bed.add(device, kind == wanted ? ranking : kind.ordinal());
    }
  }

  private long submit(DmaCap op, Policy policy) {
    final SubmitControl control = bed.with(0).policy(policy);
    return switch (op) {
      case MEMCPY -> bed.async.memcpy(s[0], s[1], 64, control);
      case MEMSET -> bed.async.memset(s[0], (byte) 1, 64, control);
      case XOR ->
          bed.async.xor(
              s[0],
              new MemorySegment[] {s[1], s[2]},
              2,
              64,
              bed.with(AsyncTxFlags.XOR_ZERO_DST).policy(policy));
      case XOR_VAL -> bed.async.xorVal(s, 2, 64, null, control);
      case PQ -> bed.async.pq(s, 6, 64, control);
      case PQ_VAL -> bed.async.pqVal(s, 6, 64, null, control);
      case RAID6_RECOV -> bed.async.raid6TwoDataRecovery(s, 6, 64, 0, 1, control);
      case INTERRUPT -> throw new IllegalArgumentException("no data: " + op);
    };
  }

  private ProviderKind ran(long d) {
    bed.async.waitFor(d, AsyncBed.LONG);
    assertEquals(TransferResult.NO_ERROR, bed.async.describe(d).result());
    final ProviderKind kind = bed.ranOn(d);
    bed.async.ack(d);
    return kind;
  }

  @ParameterizedTest
  @MethodSource("operationsAndKinds")
  void eachOperationObeysEachRule(DmaCap op, ProviderKind kind) {
    devices(kind, -1);
    assertEquals(kind, ran(submit(op, Policy.any().require(kind))));
    assertEquals(kind, ran(submit(op, Policy.any().prefer(kind))));
    final ProviderKind other = ran(submit(op, Policy.any().forbid(kind)));
    assertNotEquals(kind, other);
    assertNotEquals(ProviderKind.SYNCHRONOUS, other);
  }

  @ParameterizedTest
  @MethodSource("operationsAndKinds")
  void whatIsRequiredAndNotThereIsRefused(DmaCap op, ProviderKind kind) {
    for (ProviderKind there : CHANNELS) {
      if (there != kind) {
        final WorkingDevice device = new WorkingDevice(there.toString(), 1);
        device.kind = there;
        bed.add(device, 0);
      }
    }
    if (kind == ProviderKind.SYNCHRONOUS) {
      assertEquals(kind, ran(submit(op, Policy.any().require(kind))));
      return;
    }
    assertThrows(UnsupportedOperationException.class, () -> submit(op, Policy.any().require(kind)));
    assertNotEquals(kind, ran(submit(op, Policy.any().prefer(kind))));
  }

  private Outcome run(ChainBuilder chain) throws Exception {
    return chain.build().submit().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private ChainBuilder chain() {
    return bed.async
        .chain("c")
        .fill("fill", s[0], (byte) 3)
        .copy("copy", s[1], s[0])
        .xor("xor", s[2], s[0], s[1])
        .pq("pq", s);
  }

  @ParameterizedTest
  @EnumSource(ProviderKind.class)
  void aChainsPolicyIsThatOfEachStep(ProviderKind kind) throws Exception {
    devices(kind, 9);
    for (Policy policy : List.of(Policy.any().require(kind), Policy.any().prefer(kind))) {
      for (Outcome.Step step : run(chain().policy(policy)).steps()) {
        assertEquals(kind, step.provenance().kind(), step.name());
      }
    }
    for (Outcome.Step step : run(chain().policy(Policy.any().forbid(kind))).steps()) {
      assertNotEquals(kind, step.provenance().kind(), step.name());
    }
  }

  @ParameterizedTest
  @EnumSource(ProviderKind.class)
  void aStepsOwnPolicyComesBeforeThatOfItsChain(ProviderKind kind) throws Exception {
    devices(ProviderKind.SOFTWARE, 9);
    final ProviderKind other =
        kind == ProviderKind.HARDWARE ? ProviderKind.EMULATED : ProviderKind.HARDWARE;
    final Outcome outcome =
        run(
            bed.async
                .chain("c")
                .policy(Policy.any().require(other))
                .fill("before", s[0], (byte) 3)
                .copy("own", s[1], s[0])
                .stepPolicy(Policy.any().require(kind))
                .fill("after", s[2], (byte) 4));
    assertEquals(kind, outcome.step("own").provenance().kind());
    assertEquals(other, outcome.step("before").provenance().kind());
    assertEquals(other, outcome.step("after").provenance().kind());
  }

  @Test
  void aStepPolicyBeforeAnyStepOrWithABadFilterIsRefused() {
    final IllegalStateException early =
        assertThrows(
            IllegalStateException.class, () -> bed.async.chain("c").stepPolicy(Policy.any()));
    assertTrue(early.getMessage().contains("policy before any step: chain=c"), early.getMessage());
    final ChainBuilder bad = chain().stepPolicy(Policy.any().channels("(a"));
    final IllegalArgumentException filter =
        assertThrows(IllegalArgumentException.class, bad::build);
    assertTrue(filter.getMessage().contains("filter=(a"), filter.getMessage());
  }

  /** Queued on the first device, which is held and then removed; where it ran. */
  private ProviderKind moved(ProviderKind from, Policy policy) {
    first.kind = from;
    first.held = true;
    final Device device = bed.add(first, 100);
    final long queued = submit(DmaCap.MEMCPY, policy);
    assertEquals("first/0", bed.channelOf(queued));
    bed.engine.removeDevice(device);
    return ran(queued);
  }

  private static ProviderKind otherThan(ProviderKind kind) {
    return kind == ProviderKind.SOFTWARE ? ProviderKind.EMULATED : ProviderKind.SOFTWARE;
  }

  @ParameterizedTest
  @EnumSource(
      value = ProviderKind.class,
      names = {"HARDWARE", "EMULATED", "SOFTWARE"})
  void whatMovesGoesNowhereItMayNot(ProviderKind kind) {
    devices(kind, 50);
    assertNotEquals(kind, moved(otherThan(kind), Policy.any().forbid(kind)));
  }

  @ParameterizedTest
  @EnumSource(
      value = ProviderKind.class,
      names = {"HARDWARE", "EMULATED", "SOFTWARE"})
  void whatMovesGoesWhereItMust(ProviderKind kind) {
    devices(kind, -50);
    assertEquals(kind, moved(kind, Policy.any().require(kind)));
  }

  @ParameterizedTest
  @EnumSource(
      value = ProviderKind.class,
      names = {"HARDWARE", "EMULATED", "SOFTWARE"})
  void whatMovesGoesWhereItWouldRatherBe(ProviderKind kind) {
    devices(kind, -50);
    assertEquals(kind, moved(kind, Policy.any().prefer(kind)));
  }

  @Test
  void whatIsDisplacedRunsOnTheCpuIfItMay() {
    assertEquals(
        ProviderKind.SYNCHRONOUS,
        moved(ProviderKind.HARDWARE, Policy.any().forbid(ProviderKind.SOFTWARE)));
  }

  @Test
  void whatIsDisplacedAndMayNotRunOnTheCpuEndsAsAborted() {
    devices(ProviderKind.SOFTWARE, 50);
    first.kind = ProviderKind.EMULATED;
    first.held = true;
    final Device device = bed.add(first, 100);
    final Policy only =
        Policy.any()
            .forbid(ProviderKind.SYNCHRONOUS)
            .with(ProviderKind.EMULATED, Rule.PREFER)
            .channels("(dma.device=first)");
    final long d = submit(DmaCap.MEMCPY, only);
    bed.engine.removeDevice(device);
    bed.async.waitFor(d, AsyncBed.LONG);
    assertEquals(TransferResult.ABORTED, bed.async.describe(d).result());
    assertTrue(
        bed.async.describe(d).toString().contains("forbids the synchronous path"),
        bed.async.describe(d).toString());
    bed.async.ack(d);
  }
}
