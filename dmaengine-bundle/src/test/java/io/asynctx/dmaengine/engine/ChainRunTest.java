package io.asynctx.dmaengine.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.Chain;
import io.asynctx.async.ChainBuilder;
import io.asynctx.async.ChainRun;
import io.asynctx.async.Outcome;
import io.asynctx.async.Policy;
import io.asynctx.async.PoolEmpty;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaContextException;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.Provenance;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ChainRunTest {

  private AsyncBed bed = new AsyncBed();
  private final WorkingDevice device = new WorkingDevice("work", 2);
  private final MemorySegment[] s = bed.blocks(8, 64);

  @AfterEach
  void stop() {
    device.held = false;
    bed.async.issuePendingAll();
    bed.rig.assertEverySlotFree();
    bed.close();
  }

  private ChainBuilder chain() {
    return bed.async.chain("c");
  }

  private static Outcome outcome(ChainRun run) throws Exception {
    return run.toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  private Chain exampleOf2007() {
    return chain()
        .xor("sum", s[0], s[0], s[1], s[2])
        .copy("save", s[3], s[0])
        .xor("again", s[4], s[4], s[3])
        .build();
  }

  @Test
  void theExampleOf2007RunsWithAndWithoutChannels() throws Exception {
    for (int round = 0; round < 2; round++) {
      final byte expected =
          (byte)
              (s[0].get(JAVA_BYTE, 9)
                  ^ s[1].get(JAVA_BYTE, 9)
                  ^ s[2].get(JAVA_BYTE, 9)
                  ^ s[4].get(JAVA_BYTE, 9));
      final Outcome outcome = outcome(exampleOf2007().submit());
      assertTrue(outcome.ok(), outcome.toString());
      assertEquals(expected, s[4].get(JAVA_BYTE, 9));
      assertEquals(List.of("sum", "save", "again"), names(outcome));
      final ProviderKind kind = round == 0 ? ProviderKind.SYNCHRONOUS : ProviderKind.SOFTWARE;
      assertEquals(kind, outcome.step("again").provenance().kind());
      assertFalse(outcome.step("again").provenance().displaced());
      if (round == 0) {
        bed.add(device, 0);
      }
    }
  }

  private static List<String> names(Outcome outcome) {
    return outcome.steps().stream().map(Outcome.Step::name).toList();
  }

  @Test
  void everyKindOfStepWorksAndValidatesStandInTheOutcome() throws Exception {
    bed.add(device, 0);
    final MemorySegment[] stripe = Arrays.copyOf(s, 6);
    final Outcome outcome =
        outcome(
            chain()
                .fill("fill", s[0], (byte) 3)
                .pq("pq", stripe)
                .pqVal("fits", stripe)
                .fill("lose 1", s[1], (byte) 0)
                .fill("lose 2", s[2], (byte) 0)
                .recover("two", 1, 2, stripe)
                .recover("data and p", 3, 4, stripe)
                .pqVal("fits again", stripe)
                .xorVal("same", s[0], s[0])
                .fill("spoil", s[0], (byte) 4)
                .pqVal("spoilt", stripe)
                .xorVal("different", s[0], s[1])
                .build()
                .submit());
    assertEquals(0, outcome.step("fits").sumCheck());
    assertEquals(0, outcome.step("fits again").sumCheck());
    assertEquals(0, outcome.step("same").sumCheck());
    assertEquals(SumCheck.P_WRONG | SumCheck.Q_WRONG, outcome.step("spoilt").sumCheck());
    assertEquals(SumCheck.P_WRONG, outcome.step("different").sumCheck());
    assertFalse(outcome.ok());
    outcome.steps().forEach(step -> assertEquals(TransferResult.NO_ERROR, step.result()));
  }

  @Test
  void aChainCrossesDevices() throws Exception {
    bed.add(new WorkingDevice("copies", 1, DmaCap.MEMCPY), 5);
    bed.add(new WorkingDevice("xors", 1, DmaCap.XOR), 0);
    final Outcome outcome = outcome(exampleOf2007().submit());
    assertTrue(outcome.ok());
    assertEquals("xors/0", outcome.step("sum").provenance().channel());
    assertEquals("copies/0", outcome.step("save").provenance().channel());
    assertEquals("xors/0", outcome.step("again").provenance().channel());
  }

  @Test
  void aFailedStepEndsThoseThatDependOnItNamingItAndNoOthers() throws Exception {
    device.broken = s[0];
    bed.add(device, 0);
    final Outcome outcome =
        outcome(
            chain()
                .fill("bad", s[0], (byte) 1)
                .copy("child", s[1], s[0])
                .copy("grandchild", s[2], s[1])
                .fill("other", s[3], (byte) 2)
                .fence()
                .fill("fenced", s[4], (byte) 3)
                .build()
                .submit());
    assertFalse(outcome.ok());
    assertEquals(TransferResult.WRITE_FAILED, outcome.step("bad").result());
    assertEquals(TransferResult.ABORTED, outcome.step("child").result());
    assertTrue(outcome.step("child").detail().contains("step=bad"), outcome.toString());
    assertTrue(outcome.step("grandchild").detail().contains("step=child"));
    assertEquals(TransferResult.NO_ERROR, outcome.step("other").result());
    assertEquals(TransferResult.ABORTED, outcome.step("fenced").result());
    assertTrue(
        outcome.step("fenced").detail().contains("step=bad")
            || outcome.step("fenced").detail().contains("step=child")
            || outcome.step("fenced").detail().contains("step=grandchild"),
        outcome.toString());
    assertEquals(0, outcome.step("fenced").provenance().attempts());
  }

  @Test
  void continuationsRunOnThreadsOfTheEngineAndMaySubmit() throws Exception {
    bed.add(device, 0);
    final List<String> threads = new CopyOnWriteArrayList<>();
    final ChainRun run = exampleOf2007().submit();
    outcome(run);
    final CompletableFuture<WaitResult> later = new CompletableFuture<>();
    run.thenApply(
            o -> {
              threads.add(Thread.currentThread().getName());
              return o;
            })
        .thenCompose(o -> {
          threads.add(Thread.currentThread().getName());
          return exampleOf2007().submit();
        })
        .thenAccept(o -> {
          threads.add(Thread.currentThread().getName());
          final long d = bed.async.memset(s[0], (byte) 0, 64, bed.with(0));
          later.complete(bed.async.quiesce(d, AsyncBed.LONG));
        });
    assertEquals(WaitResult.COMPLETE, later.get(20, TimeUnit.SECONDS));
    assertEquals(3, threads.size());
    threads.forEach(name -> assertEquals("dma-rig-chain", name));
  }

  @Test
  void aViewFollowsTheRunWheneverItWasTakenAndIsItsTakersOwn() throws Exception {
    device.held = true;
    bed.add(device, 0);
    final ChainRun run = exampleOf2007().submit();
    final CompletableFuture<Outcome> early = run.toCompletableFuture();
    final CompletableFuture<Outcome> own = run.toCompletableFuture();
    final Outcome other = new Outcome("other", List.of());
    assertTrue(own.complete(other));
    device.held = false;
    final Outcome outcome = early.get(60, TimeUnit.SECONDS);
    assertEquals(other, own.join());
    assertEquals(outcome, run.toCompletableFuture().get(0, TimeUnit.SECONDS));
  }

  @Test
  void aRunThatIsMadeToRunAsATaskCompletesNoSooner() throws Exception {
    device.held = true;
    bed.add(device, 0);
    final ChainRun run = exampleOf2007().submit();
    ((Runnable) run).run();
    assertFalse(((CompletableFuture<?>) run).isDone());
    device.held = false;
    assertTrue(outcome(run).ok());
  }

  @Test
  void timesAndProviderStandInTheOutcomeOfAStepThatRanAsUsual() throws Exception {
    bed.add(device, 0);
    final Outcome outcome = outcome(exampleOf2007().submit());
    final Provenance by = outcome.step("again").provenance();
    assertEquals("work", by.device());
    assertEquals(1, by.attempts());
    assertEquals(List.of(by.channel()), by.channels());
    assertTrue(by.queueNanos() >= 0 && by.serviceNanos() >= 0, by.toString());
  }

  @Test
  void nobodyButTheRunCompletesIt() throws Exception {
    device.held = true;
    bed.add(device, 0);
    final ChainRun run = exampleOf2007().submit();
    final CompletableFuture<Outcome> view = run.toCompletableFuture();
    assertNotSame(run, view);
    assertTrue(view.cancel(true));
    final var future = (CompletableFuture<Outcome>) run;
    assertThrows(UnsupportedOperationException.class, () -> future.cancel(true));
    assertThrows(UnsupportedOperationException.class, () -> future.complete(null));
    assertThrows(
        UnsupportedOperationException.class,
        () -> future.completeExceptionally(new IllegalStateException()));
    assertThrows(
        UnsupportedOperationException.class, () -> future.orTimeout(1, TimeUnit.NANOSECONDS));
    assertFalse(future.isDone());
    device.held = false;
    assertTrue(outcome(run).ok());
  }

  @Test
  void cancelEndsWhatNoEngineHasTakenAndTellsHowMany() throws Exception {
    final WorkingDevice one = new WorkingDevice("one", 1);
    one.held = true;
    bed.add(one, 0);
    final ChainRun run =
        chain()
            .fill("taken", s[0], (byte) 1)
            .copy("waits", s[1], s[0])
            .copy("waits too", s[2], s[1])
            .fence()
            .fill("fenced", s[3], (byte) 1)
            .build()
            .submit();
    Rig.await("taken", () -> one.pushes() == 1);
    final byte before = s[1].get(JAVA_BYTE, 0);
    assertEquals(3, run.cancel());
    assertEquals(0, run.cancel());
    assertFalse(((CompletableFuture<?>) run).isDone());
    one.held = false;
    final Outcome outcome = outcome(run);
    assertEquals(TransferResult.NO_ERROR, outcome.step("taken").result());
    for (String name : List.of("waits", "waits too", "fenced")) {
      assertEquals(TransferResult.CANCELLED, outcome.step(name).result(), name);
    }
    assertEquals(before, s[1].get(JAVA_BYTE, 0));
    assertEquals(0, run.cancel());
    assertEquals(1, one.pushes());
  }

  @Test
  void whatQueuesBehindAFullDeviceIsCancelledToo() throws Exception {
    final WorkingDevice one = new WorkingDevice("one", 1);
    one.held = true;
    bed.add(one, 0);
    final ChainBuilder builder = chain();
    for (int i = 0; i < 40; i++) {
      builder.fill("s" + i, bed.bytes(64), (byte) i);
    }
    final ChainRun run = builder.build().submit();
    assertEquals(16, one.pushes());
    assertEquals(24, run.cancel());
    one.held = false;
    final Outcome outcome = outcome(run);
    assertEquals(
        24, outcome.steps().stream().filter(x -> x.result() == TransferResult.CANCELLED).count());
    assertEquals(16, one.pushes());
  }

  @Test
  void aChainMayBeSubmittedManyTimesAtOnce() throws Exception {
    bed.add(device, 0);
    final Chain chain =
        chain().fill("a", s[0], (byte) 1).copy("b", s[1], s[0]).xorVal("c", s[0], s[1]).build();
    final List<Thread> threads = new ArrayList<>();
    final List<Throwable> wrong = new CopyOnWriteArrayList<>();
    for (int t = 0; t < 3; t++) {
      final Thread thread =
          new Thread(() -> {
            try {
              for (int i = 0; i < 200; i++) {
                assertTrue(outcome(chain.submit()).ok());
              }
            } catch (Throwable e) {
              wrong.add(e);
            }
          });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(List.of(), wrong);
  }

  @Test
  void moreParentsThanEdgesAndMoreStepsThanSlots() throws Exception {
    bed.add(device, 0);
    final MemorySegment sum = bed.bytes(64);
    final MemorySegment[] many = bed.blocks(200, 64);
    final ChainBuilder builder = chain();
    byte expected = 0;
    for (int i = 0; i < many.length; i++) {
      builder.fill("s" + i, many[i], (byte) i);
      expected ^= (byte) i;
    }
    final Outcome outcome = outcome(builder.xor("sum", sum, many).build().submit());
    assertTrue(outcome.ok(), outcome.toString());
    assertEquals(expected, sum.get(JAVA_BYTE, 5));
  }

  @Test
  void twoHundredThousandStepsRunAndFailWithoutRecursion() throws Exception {
    bed.add(device, 0);
    final int count = 200_000;
    final MemorySegment[] tiny = bed.blocks(2, 1);
    final ChainBuilder builder = chain().fill("s0", tiny[0], (byte) 42);
    for (int i = 1; i < count; i++) {
      builder.copy("s" + i, tiny[i % 2], tiny[(i + 1) % 2]);
    }
    final Chain chain = builder.build();
    assertEquals(
        List.of(),
        outcome(chain.submit()).steps().stream()
            .filter(step -> step.result() != TransferResult.NO_ERROR)
            .limit(3)
            .toList());
    assertEquals(42, tiny[1].get(JAVA_BYTE, 0));
    device.broken = tiny[0];
    final Outcome failed = outcome(chain.submit());
    assertEquals(TransferResult.WRITE_FAILED, failed.steps().getFirst().result());
    assertEquals(TransferResult.ABORTED, failed.steps().getLast().result());
    assertTrue(failed.steps().getLast().detail().contains("step=s" + (count - 2)));
  }

  @Test
  void aSubmissionThatFailsHalfWayEndsExceptionallyAfterWhatItHadSubmittedHasEnded()
      throws Exception {
    bed.close();
    bed = new AsyncBed(new Rig(AsyncBed.config(8, 0)), new AsyncTxLimits(200, 200));
    device.held = true;
    bed.add(device, 0);
    final ChainBuilder builder =
        chain().policy(Policy.any().require(ProviderKind.SOFTWARE).poolEmpty(PoolEmpty.FAIL));
    for (int i = 0; i < 40; i++) {
      builder.fill("s" + i, s[i % 8], (byte) i);
    }
    final ChainRun run = builder.build().submit();
    final AtomicReference<Throwable> wrong = new AtomicReference<>();
    run.whenComplete((o, e) -> wrong.set(e));
    assertEquals(null, wrong.get());
    assertFalse(((CompletableFuture<?>) run).isDone());
    device.held = false;
    Rig.await("completion", () -> wrong.get() != null);
    final Throwable e =
        wrong.get() instanceof CompletionException c && c.getCause() != null
            ? c.getCause()
            : wrong.get();
    assertTrue(e.getMessage().contains("chain=c, step=s"), e.getMessage());
  }

  @Test
  void aSegmentClosedAfterTheBuildMakesTheSubmissionFail() throws Exception {
    bed.add(device, 0);
    final Arena arena = Arena.ofShared();
    final Chain chain =
        chain().fill("a", s[0], (byte) 1).copy("b", arena.allocate(64), s[0]).build();
    arena.close();
    final Throwable e = assertThrows(Exception.class, () -> outcome(chain.submit())).getCause();
    assertInstanceOf(IllegalStateException.class, e);
  }

  @Test
  void confinedMemoryRunsInTheCallerOfSubmit() throws Exception {
    bed.add(device, 0);
    try (Arena confined = Arena.ofConfined()) {
      final MemorySegment mine = confined.allocate(64);
      final Outcome outcome =
          outcome(
              chain()
                  .fill("shared", s[0], (byte) 5)
                  .copy("mine", mine, s[0])
                  .copy("back", s[1], mine)
                  .build()
                  .submit());
      assertTrue(outcome.ok());
      assertEquals(ProviderKind.SYNCHRONOUS, outcome.step("mine").provenance().kind());
      assertEquals(5, mine.get(JAVA_BYTE, 0));
      assertEquals(5, s[1].get(JAVA_BYTE, 63));
    }
  }

  @Test
  void aChainEndsWhenTheEngineStopsAndNoMoreAreTaken() throws Exception {
    device.held = true;
    bed.add(device, 0);
    final Chain chain =
        chain()
            .policy(Policy.any().forbid(ProviderKind.SYNCHRONOUS))
            .fill("a", s[0], (byte) 1)
            .copy("b", s[1], s[0])
            .build();
    final ChainRun run = chain.submit();
    bed.engine.stop();
    final Outcome outcome = outcome(run);
    assertEquals(TransferResult.ABORTED, outcome.step("a").result());
    assertEquals(TransferResult.ABORTED, outcome.step("b").result());
    assertThrows(EngineStoppedException.class, chain::submit);
  }

  @Test
  void aCallbackMayNotSubmitAChain() {
    bed.add(device, 0);
    final Chain chain = exampleOf2007();
    final AtomicReference<Throwable> wrong = new AtomicReference<>();
    final long d =
        bed.async.memset(
            s[7],
            (byte) 1,
            64,
            bed.with(0)
                .callback(
                    (h, r, p) -> wrong.set(assertThrows(DmaContextException.class, chain::submit)),
                    null));
    bed.async.issuePendingAll();
    Rig.await("callback", () -> wrong.get() != null);
    bed.async.quiesce(d, AsyncBed.LONG);
  }

  @Test
  void theContinuationsOfAClientThatLeftAreNotRun() throws Exception {
    device.held = true;
    bed.add(device, 0);
    final AsyncTxService other = bed.other("leaver");
    final ChainRun run = other.chain("c").fill("a", s[0], (byte) 1).build().submit();
    final List<Object> told = new CopyOnWriteArrayList<>();
    run.whenComplete((o, e) -> told.add(this));
    assertTrue(other.leave(System.nanoTime() + 1_000_000_000L));
    device.held = false;
    bed.rig.assertEverySlotFree();
    bed.channels.threads().stop();
    assertEquals(List.of(), told);
  }
}
