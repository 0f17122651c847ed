package io.asynctx.tester;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ChannelTestTest {

  private final FakeEngine engine = new FakeEngine();
  private final Captured out = new Captured();
  private final Captured err = new Captured();

  @AfterEach
  void nothingWasMisused() {
    engine.close();
    assertEquals(List.of(), engine.breaches);
    assertEquals(0, engine.clientCount(), "client still registered");
  }

  private int run(String... arguments) throws Exception {
    final Options options =
        Options.parse(List.of(arguments), ChannelTestPlan.FLAGS, ChannelTestPlan.VALUED, 0);
    return ChannelTestCommand.run(
        ChannelTestPlan.of(options),
        JsonFile.of(options.value("--json")),
        engine.services(),
        out.stream(),
        err.stream());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--iterations 20 --buf-size 1K",
        "--iterations 5 --norandom",
        "--iterations 5 --transfer-size 512 --buf-size 4K --threads 2",
        "--iterations 10 --alignment 64 --xor-sources 12 --pq-sources 9",
        "--iterations 5 --xor-sources 2 --pq-sources 2 --buf-size 8",
        "--iterations 3 --noverify"
      })
  void aRightEngineIsClean(String arguments) throws Exception {
    assertEquals(0, run(arguments.split(" ")), out::toString);
    assertTrue(out.toString().contains(" 0 failures; repeat with --seed "), out::toString);
    assertEquals(0, engine.live(), "descriptors not given back");
    assertTrue(engine.open.isEmpty());
  }

  @Test
  void theSummaryLineIsThatOfDmatest() throws Exception {
    assertEquals(0, run("--ops", "copy,chain", "--iterations", "7", "--channel", "soft0/1"));
    final List<String> lines = out.toString().lines().toList();
    assertEquals(3, lines.size(), lines::toString);
    assertTrue(
        lines
            .get(0)
            .matches(
                "soft0/1-copy0: summary 7 tests, 0 failures \\d+\\.\\d\\d iops \\d+ KB/s \\(0\\)"),
        lines.get(0));
    assertTrue(lines.get(1).startsWith("soft0/1-chain0: summary 7 tests"), lines.get(1));
    assertTrue(lines.get(2).startsWith("2 threads, 14 tests, 0 failures"), lines.get(2));
  }

  @ParameterizedTest
  @EnumSource(Exercise.class)
  void everyExerciseSeesAWrongResult(Exercise exercise) throws Exception {
    engine.wrong = cap -> exercise.needs().has(cap);
    assertEquals(1, run("--ops", exercise.label(), "--iterations", "4", "--buf-size", "64"));
    final String text = out.toString();
    final boolean check = exercise == Exercise.XORVAL || exercise == Exercise.PQVAL;
    assertTrue(
        text.contains(check || exercise == Exercise.CHAIN ? "wrong answer" : "data error"), text);
    assertTrue(text.contains("summary 4 tests, 4 failures"), text);
    assertTrue(text.contains("KB/s (-5)"), text);
  }

  @Test
  void aWrongByteIsShownWithItsPlace() throws Exception {
    engine.wrong = cap -> cap == DmaCap.MEMCPY;
    assertEquals(
        1, run("--ops", "copy", "--iterations", "1", "--norandom", "--channel", "soft0/0"));
    final List<String> lines = out.toString().lines().toList();
    assertEquals(
        "soft0/0-copy0: result #1: 'data error' with src_off=0x0 dst_off=0x0 len=0x4000 (1)",
        lines.get(0));
    assertTrue(lines.get(1).contains("dst0[0x0] mismatch: expected 0xdf, got 0xde"), lines.get(1));
  }

  @Test
  void passedTestsAreShownIfAskedFor() throws Exception {
    assertEquals(0, run("--ops", "set", "--iterations", "2", "--verbose"));
    assertTrue(out.toString().contains("soft0/0-set0: result #1: 'test passed' with src_off="));
  }

  @Test
  void theSameSeedRepeatsTheRun() throws Exception {
    run("--ops", "recov", "--iterations", "3", "--verbose", "--seed", "42", "--channel", "soft0/0");
    final List<String> first = out.toString().lines().filter(l -> l.contains("result")).toList();
    out.reset();
    run("--ops", "recov", "--iterations", "3", "--verbose", "--seed", "42", "--channel", "soft0/0");
    assertEquals(first, out.toString().lines().filter(l -> l.contains("result")).toList());
  }

  @Test
  void anErrorIsAFailureWithItsResult() throws Exception {
    final AtomicInteger ended = new AtomicInteger();
    engine.results = r -> ended.incrementAndGet() == 2 ? TransferResult.READ_FAILED : r;
    assertEquals(1, run("--ops", "copy", "--iterations", "3", "--channel", "soft0/0"));
    assertTrue(out.toString().contains("'completion error status'"), out::toString);
    assertTrue(out.toString().contains("READ_FAILED planned"), out::toString);
    assertTrue(out.toString().contains("summary 3 tests, 1 failures"), out::toString);
  }

  @Test
  void anOperationThatNeverEndsEndsItsThreadAndKeepsItsMemory() throws Exception {
    engine.stuck = cap -> cap == DmaCap.MEMSET;
    assertEquals(
        1, run("--ops", "set", "--iterations", "3", "--timeout", "50", "--channel", "soft0/0"));
    assertTrue(out.toString().contains("'test timed out'"), out::toString);
    assertTrue(out.toString().contains("summary 1 tests, 1 failures"), out::toString);
    assertTrue(out.toString().contains("(-110)"), out::toString);
    assertEquals(1, engine.open.size(), "memory of a running operation was given back");
  }

  @Test
  void aLostCallbackIsAFailure() throws Exception {
    engine.callbackLost = true;
    assertEquals(1, run("--ops", "copy", "--iterations", "3", "--timeout", "50"));
    assertTrue(out.toString().contains("'callback did not come'"), out::toString);
  }

  @Test
  void aChannelThatLeavesEndsItsThreads() throws Exception {
    engine.gone = true;
    assertEquals(1, run("--ops", "copy", "--iterations", "3"));
    assertTrue(out.toString().contains("'channel gone'"), out::toString);
    assertTrue(out.toString().contains("(-19)"), out::toString);
  }

  @Test
  void jsonHasASummaryAThread() throws Exception {
    assertEquals(0, run("--iterations", "1", "--json", "-", "--seed", "7"));
    assertTrue(out.toString().startsWith("{\n  \"seed\": 7,\n  \"tests\": 16,"), out::toString);
    assertTrue(err.toString().contains("summary 1 tests"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--channel nosuch|no such channel: channel=nosuch, device=any, known=[soft0/0 ACTIVE",
        "--device dsa9|no such channel: channel=any, device=dsa9",
        "--ops copy,dance|unknown operation: option=--ops, value=dance, known=copy,set,xor",
        "--buf-size 0|out of range: option=--buf-size, value=0, min=1",
        "--alignment 3|not a power of two: option=--alignment, value=3",
        "--transfer-size 100 --alignment 64|sizes do not fit",
        "--buf-size 32 --alignment 64|sizes do not fit",
        "--iterations none|not a whole number: option=--iterations, value=none",
        "--seed x|not a whole number: option=--seed"
      })
  void badArgumentsAreRefused(String arguments, String reason) {
    final UsageException e = assertThrows(UsageException.class, () -> run(arguments.split(" ")));
    assertTrue(e.getMessage().contains(reason), e.getMessage());
  }

  @Test
  void withoutADriverThereIsNoChannelToTestAndTheRestIsNamed() throws Exception {
    engine.leave();
    final Options options =
        Options.parse(List.of(), ChannelTestPlan.FLAGS, ChannelTestPlan.VALUED, 0);
    final ChannelTestJob job =
        new ChannelTestJob(engine.services(), ChannelTestPlan.of(options), Duration.ZERO);
    final UsageException e = assertThrows(UsageException.class, () -> job.run(s -> {}));
    assertEquals(
        "no such channel: channel=any, device=any, known=[]; see dma:channels", e.getMessage());
  }

  @Test
  void unknownOptionsAreRefused() {
    assertThrows(UsageException.class, () -> run("--frobnicate"));
    assertEquals(Set.of(), engine.open);
  }
}
