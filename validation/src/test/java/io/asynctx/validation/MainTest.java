package io.asynctx.validation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.asynctx.validation.tier.Outcome;
import io.asynctx.validation.tier.Outcome.Verdict;
import io.asynctx.validation.tier.Tier;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The exit code. */
final class MainTest {

  private static int code(Verdict... verdicts) {
    return Main.code(
        Stream.of(verdicts).map(v -> new Outcome(Tier.A, "c", "skx", v, "", -1, 0, "")).toList());
  }

  @Test
  void onlyARunInWhichEverythingRanAndPassedIsGood() {
    assertEquals(0, code(Verdict.PASSED, Verdict.PASSED));
    assertEquals(77, code(Verdict.PASSED, Verdict.SKIPPED));
    assertEquals(77, code(Verdict.SKIPPED));
    assertEquals(1, code(Verdict.PASSED, Verdict.FAILED, Verdict.SKIPPED));
    assertEquals(1, Main.code(List.of()), "nothing ran");
  }
}
