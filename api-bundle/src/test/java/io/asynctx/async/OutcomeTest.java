package io.asynctx.async;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.Provenance;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OutcomeTest {

  private static final Provenance SOMEBODY =
      new Provenance(
          ProviderKind.SOFTWARE,
          "soft0/0",
          "soft0",
          "driver.soft",
          "1.0.0",
          1,
          false,
          List.of(),
          List.of("soft0/0"),
          10,
          20);

  private static Outcome.Step step(String name, TransferResult result, int sumCheck) {
    return new Outcome.Step(name, result, sumCheck, "", SOMEBODY);
  }

  private static final Outcome.Step GOOD = step("good", TransferResult.NO_ERROR, 0);

  @Test
  void entriesAreMadeAtTheFirstLookAndOnce() {
    final AtomicInteger calls = new AtomicInteger();
    final List<Outcome.Step> made = new ArrayList<>(List.of(GOOD));
    final Outcome outcome =
        Outcome.of(
            "c",
            true,
            () -> {
              calls.incrementAndGet();
              return made;
            });
    assertTrue(outcome.ok());
    assertEquals(0, calls.get());
    assertEquals(GOOD, outcome.step("good"));
    made.clear();
    assertEquals(List.of(GOOD), outcome.steps());
    assertEquals(1, calls.get());
  }

  @Test
  void itIsWhatAnOutcomeOfTheSameEntriesIs() {
    final Outcome later = Outcome.of("c", true, () -> List.of(GOOD));
    final Outcome plain = new Outcome("c", List.of(GOOD));
    assertEquals(plain, later);
    assertEquals(later, plain);
    assertEquals(plain.hashCode(), later.hashCode());
    assertEquals(plain.toString(), later.toString());
    assertThrows(UnsupportedOperationException.class, () -> later.steps().remove(0));
    assertThrows(UnsupportedOperationException.class, () -> plain.steps().remove(0));
  }

  @Test
  void aFailedStepAndACheckThatFoundSomethingAreNotOk() {
    assertTrue(new Outcome("c", List.of(GOOD)).ok());
    assertFalse(new Outcome("c", List.of(GOOD, step("bad", TransferResult.ABORTED, 0))).ok());
    assertFalse(new Outcome("c", List.of(step("odd", TransferResult.NO_ERROR, 1), GOOD)).ok());
    assertFalse(Outcome.of("c", false, () -> List.of(GOOD)).ok());
  }

  @Test
  void aStepThatIsNotThereIsNamedWithThoseThatAre() {
    final Outcome outcome = Outcome.of("c", true, () -> List.of(GOOD));
    final Throwable e = assertThrows(IllegalArgumentException.class, () -> outcome.step("none"));
    assertEquals("no such step: step=none, chain=c, steps=[good]", e.getMessage());
  }
}
