package io.asynctx.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Orders of an operator, as a script gives them to a running platform. */
class OrdersIT {

  private static final String READY = "dma:await soft0/0 60\n";

  @TempDir Path scratch;

  /** The values of a string field, in the order of their printing. */
  private static List<String> values(String json, String field) {
    List<String> values = new ArrayList<>();
    Matcher matcher = Pattern.compile('"' + field + "\": \"([^\"]*)\"").matcher(json);
    while (matcher.find()) {
      values.add(matcher.group(1));
    }
    return values;
  }

  @Test
  void ordersTakeAChannelThroughItsStates() throws Exception {
    try (Instance instance = Instance.start(scratch, "")) {
      int exit =
          instance.end(
              READY
                  + """
                  dma:suspend soft0/0 -j
                  dma:channels soft0/0 -j
                  dma:resume soft0/0 -j
                  dma:drain soft0/0 5 -j
                  dma:reset soft0/0 -j
                  dma:resume soft0/0 -j
                  dma:quarantine soft0/0 smoke -j
                  dma:resume soft0/0 -j
                  dma:channels soft0/0 -j
                  """);
      assertEquals(0, exit, instance::toString);
      assertEquals(
          List.of("suspend", "resume", "drain", "reset", "resume", "quarantine", "resume"),
          values(instance.out(), "action"));
      assertEquals(
          List.of(
              "SUSPENDED", "ACTIVE", "SUSPENDED", "SUSPENDED", "ACTIVE", "QUARANTINED", "ACTIVE"),
          values(instance.out(), "after"),
          instance::toString);
      assertEquals(
          List.of("SUSPENDED", "ACTIVE"), values(instance.out(), "state"), instance::toString);
    }
  }

  @Test
  void whatIsAssignedAndForbiddenIsExplained() throws Exception {
    try (Instance instance = Instance.start(scratch, "")) {
      int exit =
          instance.end(
              READY
                  + """
                  dma:explain xor 64K -j
                  dma:assign xor require synchronous
                  dma:explain xor 64K -j
                  dma:assign xor require '(dma.device=soft0)'
                  dma:policy forbid=software
                  dma:explain xor 64K -j
                  dma:assign xor --clear
                  dma:policy --clear
                  dma:explain xor 64K -j
                  """);
      assertEquals(0, exit, instance::toString);
      List<String> chosen =
          values(instance.out(), "chosen").stream()
              .map(channel -> channel.replaceAll("/\\d+", ""))
              .toList();
      assertEquals(List.of("soft0", "synchronous", "nobody", "soft0"), chosen, instance::toString);
    }
  }

  @Test
  void theAuditShowsFifteenInvariantsAndNoneIsBroken() throws Exception {
    try (Instance instance = Instance.start(scratch, "")) {
      assertEquals(0, instance.end(READY + "dma:doctor --audit -j\n"), instance::toString);
      List<String> verdicts = values(instance.out(), "verdict");
      assertEquals(15, verdicts.size(), instance::toString);
      assertTrue(verdicts.stream().noneMatch("broken"::equals), instance::toString);
      assertTrue(verdicts.contains("holds"), instance::toString);
    }
  }

  @Test
  void anOrderThatCannotBeGivenIsOneLineAndTheScriptFails() throws Exception {
    try (Instance instance = Instance.start(scratch, "")) {
      int exit = instance.end(READY + "dma:suspend dsa9\ndma:assign xro forbid soft0\n");
      assertEquals(1, exit, instance::toString);
      List<String> lines = instance.err().lines().filter(l -> l.startsWith("asynctx: ")).toList();
      assertEquals(2, lines.size(), instance::toString);
      assertTrue(lines.get(0).contains("target=dsa9, known=[soft0"), lines::toString);
      assertTrue(lines.get(1).contains("no such operation: name=xro"), lines::toString);
    }
  }
}
