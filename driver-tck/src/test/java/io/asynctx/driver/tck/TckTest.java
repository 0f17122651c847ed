package io.asynctx.driver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.driver.tck.TckResult.Outcome;
import io.asynctx.driver.tck.device.AsyncDevice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;

class TckTest {
  private static final Duration HANGS = Duration.ofMillis(500);

  @Test
  void idsAreUniqueAndEveryOneIsExpectedSomewhere() {
    final List<String> ids = Tck.contracts().stream().map(TckContract::id).toList();
    assertEquals(ids.size(), new HashSet<>(ids).size());
    final Set<String> unexpected = new HashSet<>(ids);
    unexpected.removeAll(TckExpected.plain().contracts(everyFact()));
    // a device need not be able to reset
    assertEquals(Set.of("R-RESET"), unexpected);
  }

  private static Set<String> everyFact() {
    final Set<String> facts = new HashSet<>(Set.of(DmaCaps.all().toNames()));
    facts.addAll(
        Set.of("always", "overlappingCopy", "anyMemory", "pqContinuation", "pqAccumulate"));
    facts.addAll(Set.of("pqImplied", "worksInPoll", "manyChannels", "interrupts", "engine"));
    return facts;
  }

  @Test
  void aRunThatSkipsEverythingFails() {
    try (AsyncDevice device = AsyncDevice.builder("idle").build()) {
      final TckReport report = Tck.run(device, TckOptions.defaults().only("I-COMES"));
      assertEquals(Outcome.SKIPPED, report.results().getFirst().outcome());
      assertFalse(report.passed());
      assertEquals("no contract passed", report.complaint());
    }
  }

  @Test
  void anExpectedContractThatIsSkippedFailsTheRun() {
    try (AsyncDevice device = AsyncDevice.builder("idle").build()) {
      final TckReport report =
          Tck.run(
              device,
              TckOptions.defaults()
                  .only("C1", "I-COMES")
                  .expected(TckExpected.parse("always: C1 I-COMES # no excuse")));
      assertEquals(Set.of("I-COMES"), report.missing());
      assertFalse(report.passed());
      assertTrue(report.complaint().contains("device has no interrupts"), report::complaint);
    }
  }

  @Test
  void expectedListsAreRefusedIfTheyNameWhatDoesNotExist() {
    assertThrows(IllegalArgumentException.class, () -> TckExpected.parse("always: C99"));
    assertThrows(IllegalArgumentException.class, () -> TckExpected.parse("always C1"));
  }

  @Test
  void aDriverThatHangsAndIgnoresInterruptsEndsTheRunInTime() {
    final boolean[] over = new boolean[1];
    try (AsyncDevice device = AsyncDevice.builder("hung").build()) {
      final FaultyDevice hung =
          new FaultyDevice(
              device,
              ops ->
                  new Faulty(ops) {
                    @Override
                    public int poll(int limit, CompletionSink sink) {
                      synchronized (over) {
                        while (!over[0]) {
                          try {
                            over.wait();
                          } catch (InterruptedException e) {
                            // that is the fault
                          }
                        }
                      }
                      return 0;
                    }
                  });
      final TckReport report =
          Tck.run(hung, TckOptions.defaults().timeouts(HANGS, HANGS, Duration.ofMillis(1)));
      final List<TckResult> failed = new ArrayList<>(report.with(Outcome.FAILED));
      assertTrue(failed.getFirst().reason().contains("TckTest"), report::complaint);
      assertEquals("not run: the driver hung in S-CONSTANT", failed.getLast().reason());
      assertFalse(report.passed());
      synchronized (over) {
        over[0] = true;
        over.notifyAll();
      }
    }
  }

  @Test
  void aDriverThatHangsIsInterruptedAndSaidToHaveHung() {
    try (AsyncDevice device = AsyncDevice.builder("hung").build()) {
      final FaultyDevice hung =
          new FaultyDevice(
              device,
              ops ->
                  new Faulty(ops) {
                    @Override
                    public int poll(int limit, CompletionSink sink) {
                      while (!Thread.currentThread().isInterrupted()) {
                        LockSupport.park();
                      }
                      return 0;
                    }
                  });
      final TckReport report =
          Tck.run(
              hung,
              TckOptions.defaults()
                  .timeouts(HANGS, HANGS, Duration.ofMillis(1))
                  .only("P-RETURNS", "C1"));
      assertTrue(report.complaint().contains("did not end within 500 ms"), report::complaint);
      assertEquals("not run: the driver hung in P-RETURNS", report.results().getLast().reason());
    }
  }

  @Test
  void theBundleNeedsNothingButTheApi() throws IOException {
    final Path file = Path.of("target", "classes", "META-INF", "MANIFEST.MF");
    try (InputStream in = Files.newInputStream(file)) {
      final String imports = new Manifest(in).getMainAttributes().getValue("Import-Package");
      for (String one : imports.split(",(?=[a-z])")) {
        assertTrue(
            one.startsWith("java.")
                || one.startsWith("io.asynctx.dmaengine")
                || one.startsWith("io.asynctx.driver.tck")
                || one.contains("resolution:=optional"),
            "the bundle needs more than the API: import=" + one);
      }
    }
  }
}
