package io.asynctx.driver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.driver.tck.TckResult.Outcome;
import io.asynctx.driver.tck.TinyEngine.Dependents;
import io.asynctx.driver.tck.device.AsyncDevice;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EngineContractsTest {
  private static final Duration LOST = Duration.ofMillis(400);
  private static final Duration HANGS = Duration.ofSeconds(10);

  private static TckReport run(TckOptions options) {
    try (AsyncDevice device = AsyncDevice.builder("chained").outOfOrder().build()) {
      return Tck.run(device, options.only("E-DEPENDENTS"));
    }
  }

  private static TckReport with(Dependents dependents, Duration lost) {
    return run(
        TckOptions.defaults()
            .engine(() -> new TinyEngine(dependents))
            .timeouts(lost, HANGS, Duration.ofMillis(20)));
  }

  @Test
  void anEngineThatIssuesDependentsFromItsCleanUpPathPasses() {
    final TckReport report = with(Dependents.ISSUED_WHEN_THE_PARENT_ENDS, HANGS);
    assertTrue(report.passed(), report::complaint);
  }

  @Test
  void anEngineThatNeedsAnotherIssuePendingFails() {
    final TckReport report = with(Dependents.LEFT_TO_THE_NEXT_ISSUE, LOST);
    assertTrue(report.complaint().contains("the dependent did not end"), report::complaint);
  }

  @Test
  void anEngineThatDoesNotWaitForTheParentFails() {
    final TckReport report = with(Dependents.ISSUED_AT_ONCE, HANGS);
    assertTrue(report.complaint().contains("operand=c"), report::complaint);
  }

  @Test
  void withoutAnEngineItIsSkippedWhichOnlyThePlainListAllows() {
    final TckReport plain = run(TckOptions.defaults());
    assertEquals(Outcome.SKIPPED, plain.results().getFirst().outcome());
    assertEquals("no engine was given to the kit", plain.results().getFirst().reason());
    assertEquals(Set.of(), plain.missing());
    final TckReport inFramework = run(TckOptions.defaults().expected(TckExpected.inFramework()));
    assertEquals(Set.of("E-DEPENDENTS"), inFramework.missing());
    assertFalse(inFramework.passed());
  }
}
