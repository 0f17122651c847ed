package io.asynctx.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.debian.UnavailableException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class MainTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... words) throws Exception {
    return Main.run(
        List.of(words),
        Registry.all(),
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @Test
  void listNamesEveryRowAndMeasuresNothing() throws Exception {
    assertEquals(0, run("--list"));
    final String list = out.toString(StandardCharsets.UTF_8);
    assertEquals(Registry.all().rows().size(), list.lines().count());
    assertTrue(list.contains("sync.memcpy/4K"), list);
  }

  @Test
  void wordsThatAreNotUnderstoodAreRefusedWithTheWayOut() throws Exception {
    for (String words :
        List.of("--nonsense", "--minutes 0", "--minutes", "--quick --minutes 3", "a b", "nosuch")) {
      err.reset();
      assertEquals(64, run(words.split(" ")), words);
      assertEquals("", out.toString(StandardCharsets.UTF_8), words);
      assertTrue(err.toString(StandardCharsets.UTF_8).contains("; see ./asynctx bench --"), words);
    }
  }

  @Test
  void minutesBecomeRounds() {
    assertTrue(Effort.minutes(60, 75).rounds() > Effort.minutes(10, 75).rounds());
    assertEquals(Effort.quick().rounds(), Effort.minutes(1, 75).rounds());
  }

  @Test
  void aPeerThatCannotBeHadMakesTheRowsThatAreLeftUnavailable() throws Exception {
    final Row first = Row.absolute("first", 0, 0, "s", "<= 1", "");
    final Row second = Row.absolute("second", 0, 0, "s", "<= 1", "");
    final Group group =
        new Group() {
          @Override
          public String name() {
            return "group";
          }

          @Override
          public List<Row> rows() {
            return List.of(first, second);
          }

          @Override
          public void measure(List<Row> wanted, Effort effort, Consumer<Measurement> found)
              throws UnavailableException {
            found.accept(Measurement.absolute(first, new double[] {1}));
            throw new UnavailableException("no gcc; install it");
          }
        };
    final List<Measurement> found = new ArrayList<>();
    GroupRun.measure(group, group.rows(), Effort.quick(), found::add);
    assertEquals(Measurement.Kind.MEASURED, found.get(0).kind());
    assertEquals(Measurement.unavailable(second, "no gcc; install it"), found.get(1));
  }
}
