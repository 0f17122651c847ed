package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.Policy;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.dto.ExplanationDTO;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OperatorTest {

  private static final AsyncTxLimits LIMITS = new AsyncTxLimits(300, 20_000);

  private final AsyncBed bed = new AsyncBed(new Rig(AsyncBed.config(16, 0)), LIMITS);
  private final WorkingDevice one = new WorkingDevice("one", 1);
  private final WorkingDevice two = new WorkingDevice("two", 1);
  private final MemorySegment[] s = bed.blocks(4, 64);

  @AfterEach
  void stop() {
    one.held = false;
    two.held = false;
    bed.async.issuePendingAll();
    bed.rig.assertEverySlotFree();
    bed.close();
  }

  private void two() {
    bed.add(one, 10);
    bed.add(two, 0);
  }

  private void say(String policy, String assign) {
    bed.engine.said(policy, assign);
  }

  private long copy(Policy policy) {
    return bed.async.memcpy(s[0], s[1], 64, bed.with(0).policy(policy));
  }

  private long xor(Policy policy) {
    return bed.async.xor(
        s[0],
        new MemorySegment[] {s[1], s[2]},
        2,
        64,
        bed.with(AsyncTxFlags.XOR_ZERO_DST).policy(policy));
  }

  private String end(long d) {
    bed.async.waitFor(d, AsyncBed.LONG);
    final String channel = bed.channelOf(d);
    bed.async.ack(d);
    return channel;
  }

  private TransferResult result(long d) {
    bed.async.waitFor(d, AsyncBed.LONG);
    final TransferResult result = bed.async.describe(d).result();
    bed.async.ack(d);
    return result;
  }

  private String refused(Runnable call) {
    return assertThrows(UnsupportedOperationException.class, call::run).getMessage();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          prefer=hardware            | ''                      | prefer=hardware
          prefer=hardware            | prefer=software         | prefer=software
          prefer=hardware            | forbid=hardware         | forbid=hardware
          forbid=software            | prefer=software         | forbid=software
          require=hardware           | forbid=hardware         | forbid=hardware forbid=emulated forbid=software forbid=synchronous
          deadline=5ms               | deadline=2ms            | deadline=2ms
          deadline=5ms               | deadline=20ms           | deadline=5ms
          deadline=5ms               | ''                      | deadline=5ms
          timed=true                 | deadline=2ms            | deadline=2ms timed=true
          channels=(a=b)             | channels=(c=d)          | channels=(&(c=d)(a=b))
          channels=(a=b)             | ''                      | channels=(a=b)
          prefer=hardware            | channels=(c=d)          | prefer=hardware channels=(c=d)
          attempts=2                 | attempts=9              | attempts=2
          attempts=9                 | attempts=2              | attempts=2
          prefer=emulated            | attempts=9              | prefer=emulated attempts=9
          onFault=fail               | ''                      | onFault=fail
          timed=true                 | onFault=fail            | onFault=fail timed=true
          onSuspend=wait             | ''                      | onSuspend=wait
          timed=true                 | onSuspend=wait          | onSuspend=wait timed=true
          timed=true                 | poolEmpty=fail bounce=always | poolEmpty=fail bounce=always timed=true
          """)
  void theOperatorsPolicyNarrowsThatOfTheClient(String operator, String client, String together) {
    say(operator, "");
    final Operator said = there(bed.engine.operator());
    assertEquals(Policy.parse(together), said.together(Policy.parse(client)));
    assertEquals(together, said.together(Policy.parse(client)).text());
  }

  private static <T> T there(T value) {
    assertNotNull(value);
    return value;
  }

  @Test
  void asLongAsNothingIsSaidTheClientsPolicyIsUsedAsItIs() {
    assertNull(bed.engine.operator());
    final Policy own = Policy.any().forbid(ProviderKind.HARDWARE);
    assertSame(own, Operator.effective(bed.engine.operator(), own));
    say("", "xor require (dma.device=two)");
    assertSame(own, Operator.effective(bed.engine.operator(), own));
    say("forbid=emulated", "");
    final Policy narrowed = Operator.effective(bed.engine.operator(), own);
    assertEquals(own.forbid(ProviderKind.EMULATED), narrowed);
    assertSame(narrowed, Operator.effective(bed.engine.operator(), own));
    say("", "");
    assertNull(bed.engine.operator());
  }

  @Test
  void whatTheOperatorForbidsNobodyMayUse() {
    two.kind = ProviderKind.HARDWARE;
    two();
    assertEquals("one/0", end(copy(Policy.any())));
    say("forbid=software", "");
    assertEquals("two/0", end(copy(Policy.any())));
    assertEquals("two/0", end(copy(Policy.any().prefer(ProviderKind.SOFTWARE))));
    final String why = refused(() -> copy(Policy.any().require(ProviderKind.SOFTWARE)));
    assertTrue(why.contains("one/0: the operator's policy forbids software"), why);
    assertTrue(why.contains("two/0: the policy forbids hardware"), why);
    say("channels=(dma.device=one)", "");
    assertEquals("one/0", end(copy(Policy.any())));
    final String filtered = refused(() -> copy(Policy.any().require(ProviderKind.HARDWARE)));
    assertTrue(
        filtered.contains("two/0: the filter of the operator's policy leaves it out"), filtered);
    say("forbid=synchronous forbid=software forbid=hardware", "");
    final String nobody = refused(() -> copy(Policy.any()));
    assertTrue(nobody.contains("synchronous: the operator's policy forbids it"), nobody);
  }

  @Test
  void theOperatorsPreferenceCountsWhereTheClientHasNone() {
    two.kind = ProviderKind.EMULATED;
    two();
    say("prefer=emulated", "");
    assertEquals("two/0", end(copy(Policy.any())));
    assertEquals("one/0", end(copy(Policy.any().prefer(ProviderKind.SOFTWARE))));
    assertEquals("synchronous", end(copy(Policy.any().prefer(ProviderKind.SYNCHRONOUS))));
  }

  @Test
  void anAssignedOperationGoesThereAndOthersDoNot() {
    two();
    say("", "xor require (dma.device=two)");
    assertEquals("two/0", end(xor(Policy.any())));
    assertEquals("one/0", end(copy(Policy.any())));
    assertEquals("two/0", end(xor(Policy.any().prefer(ProviderKind.SYNCHRONOUS))));
    say("", "all require (dma.device=two); xor forbid (dma.device=two)");
    assertEquals("two/0", end(copy(Policy.any())));
    assertEquals("one/0", end(xor(Policy.any())));
    say("", "xor prefer (dma.device=two)");
    assertEquals("two/0", end(xor(Policy.any())));
    assertEquals("one/0", end(xor(Policy.any().channels("(dma.device=one)"))));
    say("", "xor prefer (dma.channel=synchronous)");
    assertEquals("synchronous", end(xor(Policy.any())));
    say("", "");
    assertEquals("one/0", end(xor(Policy.any())));
  }

  @Test
  void requireMeansTheseChannelsOrNothingTheSynchronousPathIncluded() {
    two();
    say("", "xor require (dma.device=three)");
    final String why = refused(() -> xor(Policy.any()));
    assertTrue(
        why.contains("synchronous: the assignment leaves it out: xor require (dma.device=three)"),
        why);
    assertTrue(why.contains("one/0: the assignment leaves it out: xor require"), why);
    say("", "xor require (dma.channel=synchronous)");
    assertEquals("synchronous", end(xor(Policy.any())));
    refused(() -> xor(Policy.any().forbid(ProviderKind.SYNCHRONOUS)));
    say("", "xor forbid (dma.channel=synchronous)");
    refused(() -> xor(Policy.any().require(ProviderKind.SYNCHRONOUS)));
    assertEquals("one/0", end(xor(Policy.any())));
  }

  @Test
  void whatIsQueuedElsewhereMovesWhenAnOperationIsAssigned() {
    two();
    one.held = true;
    final long xor = xor(Policy.any());
    final long copy = copy(Policy.any());
    assertEquals("one/0", bed.channelOf(xor));
    say("", "xor require (dma.device=two)");
    assertEquals("two/0", end(xor));
    assertEquals("one/0", bed.channelOf(copy));
    one.held = false;
    assertEquals("one/0", end(copy));
  }

  @Test
  void theWorkOfAHolderOfTheChannelGoesWhereTheOperatorSays() {
    two();
    final Rig.Holder holder = bed.rig.client("holder");
    final LeasedChannel channel = holder.channel(0);
    assertEquals("one/0", channel.name());
    say("", "memcpy forbid (dma.device=one)");
    final long d = channel.submit(channel.prepMemcpy(s[0], s[1], 64, DmaChannel.PREP_NONE));
    assertEquals(WaitResult.COMPLETE, channel.waitFor(d, AsyncBed.LONG));
    assertEquals("two/0", channel.describe(d).provenance().channel());
    channel.ack(d);
  }

  @Test
  void whatIsDisplacedObeysTheOperatorToo() {
    two();
    one.held = true;
    final long xor = xor(Policy.any());
    say("", "xor require (dma.device=three)");
    assertEquals(TransferResult.ABORTED, result(xor));
    say("", "");
    final long again = xor(Policy.any());
    say("", "xor require (dma.channel=synchronous)");
    assertEquals("synchronous", end(again));
  }

  @Test
  void wordsThatAreNotUnderstoodChangeNothing() {
    two();
    say("forbid=emulated", "xor require (dma.device=two)");
    final Operator before = bed.engine.operator();
    for (String assign :
        List.of("xor", "xor require", "xor demand (a=b)", "xyz require (a=b)", "xor require (a")) {
      say("forbid=emulated", assign);
      assertSame(before, bed.engine.operator(), assign);
      assertEquals("two/0", end(xor(Policy.any())));
    }
    say("forbid=nobody", "xor require (dma.device=two)");
    say("poolEmpty=wait", "xor require (dma.device=two)");
    say("bounce=always", "xor require (dma.device=two)");
    say("channels=(a", "xor require (dma.device=two)");
    assertSame(before, bed.engine.operator());
    assertEquals("forbid=emulated", bed.engine.config().policy());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          xor                          | assignment is not understood: assign=xor; write
          xor demand (a=b)             | no such rule: rule=demand, known=[require, prefer, forbid]
          move require (a=b)           | no such operation: operation=move, known=[memcpy,
          xor require (a=b) for=x      | assignment has no such word: word=for=x
          xor require (a=b) at=noon    | not a time in milliseconds: at=noon
          xor require (ab)             | filter does not parse: filter=(ab), problem=
          """)
  void whatIsNotUnderstoodIsNamed(String assign, String message) {
    final String why =
        assertThrows(IllegalArgumentException.class, () -> Assignments.parse(assign)).getMessage();
    assertTrue(why.startsWith(message), why);
  }

  @Test
  void assignmentsAreWrittenAsTheyAreRead() {
    final String text =
        "xor require (dma.device=a;b) by=alice+and+%3B+bob at=17;"
            + "all forbid (|(a=b c)(d=\\(e)); memcpy prefer (x=y); xor prefer (x=z) by=eve at=18";
    final Assignments read = Assignments.parse(text);
    assertEquals(3, read.dtos().size());
    assertEquals("eve", there(read.exactly(DmaCap.XOR)).by());
    assertEquals("all", read.dtos().getLast().operation());
    assertSame(read.of(DmaCap.PQ), read.exactly(null));
    assertEquals(read.toString(), Assignments.parse(read.toString()).toString());
    assertEquals(
        "alice and ; bob", there(Assignments.parse(text.split(";all")[0]).of(DmaCap.XOR)).by());
  }

  private Map<String, String> explained(ExplanationDTO e) {
    return e.verdicts().stream()
        .collect(
            Collectors.toMap(
                ExplanationDTO.Verdict::provider, ExplanationDTO.Verdict::reason, (a, b) -> b));
  }

  private ExplanationDTO explain(Policy policy) {
    final ExplanationDTO e =
        new EngineInspector(bed.engine, bed.channels).explain(DmaCap.XOR, 64, 2, policy);
    if (!e.chosen().equals("nobody")) {
      assertEquals(e.chosen(), end(xor(policy)), e.toString());
    }
    assertEquals(
        e.chosen().equals("nobody") ? List.of() : List.of(e.chosen()),
        e.verdicts().stream().filter(v -> v.chosen()).map(v -> v.provider()).toList());
    return e;
  }

  @Test
  void theExplanationSaysWhoGetsItAndWhyNobodyElse() {
    final WorkingDevice hard = new WorkingDevice("hard", 1);
    hard.kind = ProviderKind.HARDWARE;
    assertEquals(
        Map.of("synchronous", "no channel may and can do it"), explained(explain(Policy.any())));
    two();
    bed.add(hard, -5);
    assertEquals(
        Map.of(
            "one/0", "first in ranking, then load",
            "two/0", "ranked lower than one/0",
            "hard/0", "ranked lower than one/0",
            "synchronous", "one/0 can do it"),
        explained(explain(Policy.any())));
    assertEquals("hard/0", explain(Policy.preferHardware()).chosen());
    assertEquals("hard/0 is preferred", explained(explain(Policy.preferHardware())).get("one/0"));
    assertEquals(
        "the policy forbids software",
        explained(explain(Policy.any().forbid(ProviderKind.SOFTWARE))).get("one/0"));
    assertEquals(
        "the policy's filter leaves it out",
        explained(explain(Policy.any().channels("(dma.device=two)"))).get("one/0"));
    assertEquals(
        "the synchronous path is preferred",
        explained(explain(Policy.any().prefer(ProviderKind.SYNCHRONOUS))).get("one/0"));
    say("timed=true", "xor require (dma.device=two)");
    final ExplanationDTO assigned = explain(Policy.any());
    assertEquals("timed=true", assigned.policy());
    assertEquals("two/0", assigned.chosen());
    assertEquals(
        "the assignment leaves it out: xor require (dma.device=two)",
        explained(assigned).get("one/0"));
    say("", "xor require (dma.device=three)");
    assertEquals("nobody", explain(Policy.any()).chosen());
    say("", "");
    bed.engine.configure(AsyncBed.config(16, 4096));
    bed.control.allowSynchronous(true);
    assertEquals("synchronous", explain(Policy.any()).chosen());
    assertEquals("the operation is too small", explained(explain(Policy.any())).get("one/0"));
  }

  @Test
  void theExplanationRefusesWhatNoOperationIs() {
    final EngineInspector inspector = new EngineInspector(bed.engine, bed.channels);
    final Policy any = Policy.any();
    for (Runnable wrong :
        List.<Runnable>of(
            () -> inspector.explain(DmaCap.XOR, 0, 2, any),
            () -> inspector.explain(DmaCap.XOR, 64, 1, any),
            () -> inspector.explain(DmaCap.PQ, 64, 256, any),
            () -> inspector.explain(DmaCap.XOR, 64, 2, any.channels("(a")))) {
      assertThrows(IllegalArgumentException.class, wrong::run);
    }
    for (DmaCap op : DmaCap.values()) {
      assertEquals("synchronous", inspector.explain(op, 64, 3, any).chosen(), op.name());
    }
  }

  @Test
  void operationsGoByTheNamesOfTheShellToo() {
    assertEquals(DmaCap.MEMCPY, Assignments.operation("copy"));
    assertEquals(DmaCap.MEMSET, Assignments.operation("fill"));
    assertEquals(DmaCap.RAID6_RECOV, Assignments.operation("recov"));
    assertEquals(DmaCap.XOR_VAL, Assignments.operation("XORVAL"));
    assertEquals(DmaCap.PQ, Assignments.operation("pq"));
    assertNull(Assignments.operation("all"));
  }
}
