package io.asynctx.driver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.driver.tck.TckResult.Outcome;
import io.asynctx.driver.tck.device.AsyncDevice;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The test of the test: each wrong driver is failed by the contract that names its fault. */
class WrongDriversTest {
  private static final Duration LOST = Duration.ofMillis(250);
  private static final Duration WATCH = Duration.ofMillis(20);

  private final List<Wrongs.Wrong> wrongs =
      Stream.of(
              new WrongChannels(),
              new WrongReports(),
              new WrongBytes(),
              new WrongSyndromes(),
              new WrongEndings())
          .flatMap(w -> w.all().stream())
          .toList();
  private final Set<String> shown = new HashSet<>();

  @TestFactory
  Stream<DynamicTest> isFailedByTheContractThatNamesItsFault() {
    return wrongs.stream()
        .map(w -> DynamicTest.dynamicTest(w.contract() + ": " + w.fault(), () -> check(w)));
  }

  /** Once for a contract and a base device. */
  private void passesWithout(Wrongs.Wrong wrong) {
    try (AsyncDevice good = wrong.base().build()) {
      if (!shown.add(wrong.contract() + " on " + good.name())) {
        return;
      }
      final TckResult without =
          only(wrong.right().apply(good), wrong.contract(), TckOptions.defaults());
      assertEquals(Outcome.PASSED, without.outcome(), () -> "without the fault: " + without);
    }
  }

  private void check(Wrongs.Wrong wrong) {
    passesWithout(wrong);
    try (AsyncDevice bad = wrong.base().build()) {
      final DmaDevice device = wrong.device().apply(bad);
      final TckOptions quick = TckOptions.defaults().timeouts(LOST, Wrongs.HANGS, WATCH);
      final TckResult with = only(device, wrong.contract(), quick);
      assertEquals(Outcome.FAILED, with.outcome(), () -> "with the fault: " + with);
      assertTrue(with.reason().contains(wrong.because()), () -> "failed otherwise: " + with);
    }
  }

  private static TckResult only(DmaDevice device, String contract, TckOptions options) {
    return Tck.run(device, options.only(contract)).results().getFirst();
  }

  @Test
  void everyContractHasAWrongDriver() {
    final Set<String> without = new HashSet<>();
    Tck.contracts().forEach(c -> without.add(c.id()));
    wrongs.forEach(w -> without.remove(w.contract()));
    without.remove("E-DEPENDENTS");
    assertEquals(Set.of(), without, "contracts nobody was seen to break");
  }
}
