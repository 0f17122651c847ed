package io.asynctx.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.dto.Json;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ResultTest {

  private final Row row = Row.against("fill", 4096, 0, Row.NANOS, "glibc memset", ">= 1.4", "1.7");

  private Result ratio(double ratio) {
    return new Result(
        row, Measurement.ratios(row, 10, 15, "2.36", new double[] {ratio, ratio, ratio}));
  }

  @Test
  void verdictFollowsTheGoalAndStretchIsTold() {
    assertEquals(Verdict.MET, ratio(1.4).verdict());
    assertFalse(ratio(1.4).stretched());
    assertTrue(ratio(1.7).stretched());
    assertEquals(Verdict.MISSED, ratio(1.39).verdict());
  }

  @Test
  void absoluteRowIsJudgedByOurNumber() {
    final Row fixed = Row.absolute("sync.fixed", 64, 64, Row.NANOS, "<= 20", "12");
    assertEquals(
        Verdict.MET, new Result(fixed, Measurement.absolute(fixed, new double[] {20})).verdict());
    assertEquals(
        Verdict.MISSED,
        new Result(fixed, Measurement.absolute(fixed, new double[] {20.1})).verdict());
  }

  @Test
  void whatCannotBeHadOrWasNotSeenHasAReasonAndNoNumber() {
    final Result unavailable =
        new Result(row, Measurement.unavailable(row, "gcc cannot be run; install it"));
    assertEquals(Verdict.UNAVAILABLE, unavailable.verdict());
    final String json = Json.of(unavailable.line());
    assertTrue(json.contains("\"ours\": null"), json);
    assertTrue(json.contains("\"ratio\": null"), json);
    assertTrue(
        json.contains("\"peerVersion\": \"unavailable: gcc cannot be run; install it\""), json);
    final Result unseen = new Result(row, Measurement.notSeen(row, "rounds=0"));
    assertEquals(Verdict.NOT_SEEN, unseen.verdict());
    assertTrue(Json.of(unseen.line()).contains("\"verdict\": \"not-seen\""));
  }

  @Test
  void jsonHasTheDocumentedNamesInTheirOrder() {
    assertEquals(
        """
        [
          {
            "metric": "fill",
            "size": 4096,
            "depth": null,
            "unit": "ns/op",
            "ours": 10.0,
            "peer": 15.0,
            "peerName": "glibc memset",
            "peerVersion": "2.36",
            "ratio": 1.5,
            "spread": [
              1.5,
              1.5
            ],
            "goal": ">= 1.4",
            "stretch": ">= 1.7",
            "verdict": "met",
            "samples": 3,
            "command": "./asynctx bench fill/4K"
          }
        ]\
        """,
        Json.of(List.of(ratio(1.5).line())));
  }

  @Test
  void aMeasurementSurvivesTheWayBetweenTwoJvms() {
    final Measurement there = ratio(1.5).found().noted("tab\tand line\nend");
    final Measurement back = Wire.measurement(Wire.line(there));
    assertEquals(there.noted("tab and line end"), back);
  }

  @Test
  void pageIsFilledBetweenItsMarksAndSaysWhereWeLose() {
    final String page = "# Title\n" + Page.BEGIN + "\nold\n" + Page.END + "\nrest\n";
    assertEquals(
        "# Title\n" + Page.BEGIN + "\n\nnew\n" + Page.END + "\nrest\n", Page.filled(page, "new"));
    final String text =
        Page.text("performance", Map.of("cores", "2"), List.of(ratio(1.5), ratio(1.0)), List.of());
    assertTrue(text.contains("- `fill/4K` is at 1, and should be >= 1.4."), text);
    assertFalse(text.contains("is at 1.5"), text);
  }
}
