package io.asynctx.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The storm and its relatives as their user runs them. */
class StormIT {

  /** What a run may take on a machine that does other things as well. */
  private static final long BOUND_SECONDS = 600;

  @TempDir Path scratch;

  private static long number(String json, String name) {
    final Matcher matcher = Pattern.compile('"' + name + "\"\\s*:\\s*(-?\\d+)").matcher(json);
    assertTrue(matcher.find(), () -> "no number " + name + " in " + json);
    return Long.parseLong(matcher.group(1));
  }

  private static int occurrences(String text, String what) {
    return text.split(Pattern.quote(what), -1).length - 1;
  }

  @Test
  void threeSeedsLoseNothingAndDoNothingTwice() throws Exception {
    final Path report = scratch.resolve("storm.json");
    final String[] words = "storm --seed 1 --seeds 3 --ops 200000 --events 200 --json".split(" ");
    final String[] all = Arrays.copyOf(words, words.length + 1);
    all[words.length] = report.toString();
    try (Instance instance = Instance.start(scratch, "", all)) {
      assertEquals(0, instance.end(BOUND_SECONDS), instance::toString);
      assertEquals(3, occurrences(instance.out(), "verdict: clean"), instance::toString);
    }
    final String json = Files.readString(report);
    assertEquals(3, occurrences(json, "\"unrepeatable\""));
    assertTrue(number(json, "operations") >= 200_000, json);
  }

  /** Seeds that found something once, and must not again. */
  static List<String> seeds() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(StormIT.class.getResourceAsStream("/storm-seeds.txt"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(l -> !l.isBlank() && !l.startsWith("#"))
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void aSeedThatFailedOnceIsClean(String line) throws Exception {
    final String[] words = ("storm --ops 40000 --events 60 --seed " + line).split(" ");
    try (Instance instance = Instance.start(scratch, "", words)) {
      assertEquals(0, instance.end(BOUND_SECONDS), instance::toString);
    }
  }

  @Test
  void theOracleReportsExactlyTheCorruptedRegions() throws Exception {
    try (Instance instance =
        Instance.start(scratch, "", "storm", "--corrupt", "--seed", "3", "--ops", "20000")) {
      assertEquals(0, instance.end(BOUND_SECONDS), instance::toString);
      assertTrue(
          instance.out().matches("(?s)corrupted regions [1-9].*missed \\[\\], invented \\[\\],.*"),
          instance::toString);
    }
  }

  @Test
  void aRunWithoutEventsIsTooTame() throws Exception {
    try (Instance instance =
        Instance.start(scratch, "", "storm", "--seed", "1", "--ops", "2000", "--events", "0")) {
      assertEquals(2, instance.end(BOUND_SECONDS), instance::toString);
      assertTrue(instance.out().contains("an event never happened: event=stop"));
    }
  }

  @Test
  void afterTheStormThePlatformIsAsItWas() throws Exception {
    try (Instance instance = Instance.start(scratch, "")) {
      instance.send(
          "dma:await soft0\ndma:storm --seed 5 --ops 30000 --events 60\necho afterwards\n"
              + "dma:await soft0\ndma:devices\n"
              + "each ($.context getBundles) { echo ($it getSymbolicName) }\n");
      assertEquals(0, instance.end(BOUND_SECONDS), instance::toString);
      final String[] halves = instance.out().split("afterwards\n");
      assertTrue(halves[0].contains("verdict: clean"), instance::toString);
      assertTrue(halves[1].contains("soft0"), instance::toString);
      assertTrue(halves[1].contains("io.asynctx.tester"), instance::toString);
      assertFalse(halves[1].contains("storm"), instance::toString);
    }
  }

  @Test
  void badArgumentsAreUsage() throws Exception {
    try (Instance instance = Instance.start(scratch, "", "storm", "--ops", "many")) {
      assertEquals(64, instance.end(), instance::toString);
      assertTrue(instance.err().contains("not a whole number: option=--ops, value=many"));
    }
    try (Instance instance = Instance.start(scratch, "", "soak")) {
      assertEquals(64, instance.end(), instance::toString);
      assertTrue(instance.err().contains("option is missing: option=--minutes"));
    }
  }

  @Test
  void aSwapIsMeasuredWhateverComesOut() throws Exception {
    final Path report = scratch.resolve("swap.json");
    try (Instance instance =
        Instance.start(scratch, "", "bench-swap", "--swaps", "3", "--json", report.toString())) {
      assertEquals(0, instance.end(BOUND_SECONDS), instance::toString);
      assertTrue(instance.out().contains("verdict: "), instance::toString);
    }
    final String json = Files.readString(report);
    assertTrue(number(json, "insidePerSecond") > 0, json);
    assertTrue(number(json, "longestGapMicros") > 0, json);
    assertEquals(0, number(json, "failed"));
    assertFalse(json.contains("\"swaps\":[]"), json);
  }
}
