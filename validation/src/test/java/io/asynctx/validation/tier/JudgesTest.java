package io.asynctx.validation.tier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.validation.guest.Console;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A judge is content with a good run, and with nothing less. */
final class JudgesTest {

  private static final long MANY = 200_000;

  private static final String LINUX =
      """
      asynctx:ready
      asynctx:channels=dma0chan0\s
      asynctx:interrupts-probe=7
      asynctx:probed=yes
      asynctx:interrupts-dmatest=56
      asynctx:dmatest-ended=yes
      asynctx:interrupts-raid6test=79
      asynctx:raid6test-ended=yes
      [    0.4] ..MP-BIOS bug: 8254 timer not connected to IO-APIC
      [    1.9] ioatdma: Intel(R) QuickData Technology Driver 5.00
      [    2.3] dmatest: dma0chan0-pq0: summary 20 tests, 0 failures 316.01 iops 2543 KB/s (0)
      [    2.3] dmatest: dma0chan0-copy0: summary 20 tests, 0 failures 275.47 iops 2286 KB/s (0)
      [    2.3] dmatest: dma0chan0-xor0: summary 20 tests, 0 failures 279.28 iops 1913 KB/s (0)
      [    9.3] raid6test: complete (2429 tests, 0 failures)
      asynctx:done
      """;

  private static final String DPDK =
      """
      ### Test dmadev infrastructure using skeleton driver
      ### Test dmadev instance 0 [0000:00:01.0]
      Test OK
      asynctx:done
      """;

  private static Console console(String text) {
    return new Console(text, Path.of("log"), true, Duration.ofMinutes(1));
  }

  private static LinuxJudge linux(String text, long descriptors) {
    return new LinuxJudge(console(text), Profile.RAID, descriptors);
  }

  @Test
  void aGoodRunOfTheKernelHasNothingWrong() {
    final LinuxJudge judge = linux(LINUX, MANY);
    assertEquals(List.of(), judge.probe());
    assertEquals(List.of(), judge.dmatest());
    assertEquals(List.of(), judge.raid6test());
  }

  @ParameterizedTest
  @CsvSource({
    "dma0chan0 , '', probe, no channel",
    "interrupts-probe=7, interrupts-probe=0, probe, no interrupt",
    "asynctx:probed=yes, x, probe, not reached: step=probed",
    "QuickData, Self-test copy failed compare, probe, ioatdma",
    "QuickData, ioat x: Self-test xor timed out, probe, Self-test",
    "QuickData, BUG: unable to handle page fault, probe, BUG:",
    "'copy0: summary 20 tests, 0', 'copy0: summary 20 tests, 3', dmatest, 3 failures",
    "'copy0: summary 20 tests', 'copy0: summary 19 tests', dmatest, 19 tests",
    "dma0chan0-xor0, dma1chan0-xor0, dmatest, no summary: thread=xor",
    "interrupts-dmatest=56, interrupts-dmatest=7, dmatest, no interrupt meanwhile",
    "asynctx:dmatest-ended=yes, x, dmatest, not reached",
    "'2429 tests, 0', '2429 tests, 1', raid6test, 1 failures",
    "'2429 tests', '64 tests', raid6test, 64 tests",
    "raid6test: complete, x, raid6test, raid6test did not complete",
    "interrupts-raid6test=79, interrupts-raid6test=56, raid6test, no interrupt meanwhile",
    "raid6test-ended, x, raid6test, not reached",
  })
  void aRunOfTheKernelThatMissesSomethingIsRed(
      String from, String to, String judge, String complaint) {
    final String text = LINUX.replace(from, to);
    assertTrue(!text.equals(LINUX), "nothing was replaced");
    final LinuxJudge linux = linux(text, MANY);
    final List<String> wrong =
        switch (judge) {
          case "probe" -> linux.probe();
          case "dmatest" -> linux.dmatest();
          default -> linux.raid6test();
        };
    assertTrue(wrong.toString().contains(complaint), complaint + " in " + wrong);
  }

  @Test
  void aModelThatDidNothingIsRedWhateverTheKernelSays() {
    for (long few : new long[] {-1, 0}) {
      assertTrue(linux(LINUX, few).dmatest().toString().contains("the model did too little"));
      assertTrue(linux(LINUX, few).raid6test().toString().contains("the model did too little"));
    }
    assertTrue(linux(LINUX, 100).raid6test().toString().contains("least=19432"));
  }

  @Test
  void aGoodRunOfDpdkHasNothingWrong() {
    assertEquals(List.of(), new DpdkJudge(console(DPDK), 150_000).wrong());
  }

  @ParameterizedTest
  @CsvSource({
    "[0000:00:01.0], [dma_skeleton], no channel",
    "Test OK, Test Failed, DPDK does not say",
    "Test OK, 'In test_enqueue_copies:10 - Error with rte_dma_completed', rte_dma_completed",
    "asynctx:done, x, the guest ended before its script",
  })
  void aRunOfDpdkThatMissesSomethingIsRed(String from, String to, String complaint) {
    final String text = DPDK.replace(from, to);
    assertTrue(!text.equals(DPDK), "nothing was replaced");
    final List<String> wrong = new DpdkJudge(console(text), 150_000).wrong();
    assertTrue(wrong.toString().contains(complaint), complaint + " in " + wrong);
    assertTrue(new DpdkJudge(console(DPDK), 10).wrong().toString().contains("descriptors=10"));
  }
}
