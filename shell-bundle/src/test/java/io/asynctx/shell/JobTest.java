package io.asynctx.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.admin.CommandLine;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobTest {

  private final Gogo gogo = new Gogo();

  @AfterEach
  void close() {
    gogo.close();
  }

  private static final class Recorded implements CommandLine {
    private final List<List<String>> calls = new ArrayList<>();
    private int code;
    private boolean terminal;

    @Override
    public String usage() {
      return "a job";
    }

    @Override
    public int run(List<String> arguments, PrintStream out, PrintStream err, boolean terminal) {
      calls.add(List.copyOf(arguments));
      this.terminal = terminal;
      out.println(arguments.contains("--json") ? "{}" : "a summary");
      err.println("progress");
      return code;
    }
  }

  @Test
  void aJobRunsWithTheShellsStreams() throws Exception {
    final Recorded job = new Recorded();
    gogo.job("demo", job);
    assertNull(gogo.run("dma:demo file --corrupt P"));
    assertEquals(List.of(List.of("file", "--corrupt", "P")), job.calls);
    assertEquals("a summary", gogo.out.toString().strip());
    assertEquals("progress", gogo.err.toString().strip());
  }

  @Test
  void onlyAShellWithALineReaderIsATerminal() throws Exception {
    final Recorded job = new Recorded();
    gogo.job("demo", job);
    gogo.run("dma:demo");
    assertFalse(job.terminal);
    gogo.session.put(".reader", "a line reader");
    gogo.run("dma:demo");
    assertTrue(job.terminal);
  }

  @Test
  void anErrorIsToldByItsWords() {
    gogo.job(
        "demo",
        new CommandLine() {
          @Override
          public String usage() {
            return "fails";
          }

          @Override
          public int run(List<String> arguments, PrintStream out, PrintStream err, boolean tty) {
            throw new NoClassDefFoundError("gone/Class");
          }
        });
    final Exception e = assertThrows(IllegalStateException.class, () -> gogo.run("dma:demo"));
    assertTrue(e.getMessage().contains("NoClassDefFoundError: gone/Class"), e.getMessage());
  }

  @Test
  void anInterruptedJobSaysSoAndLeavesNoInterruptBehind() {
    gogo.job(
        "demo",
        new CommandLine() {
          @Override
          public String usage() {
            return "is interrupted";
          }

          @Override
          public int run(List<String> arguments, PrintStream out, PrintStream err, boolean tty)
              throws InterruptedException {
            Thread.currentThread().interrupt();
            throw new InterruptedException();
          }
        });
    final Exception e = assertThrows(IllegalStateException.class, () -> gogo.run("dma:demo"));
    assertTrue(e.getMessage().contains("was interrupted"), e.getMessage());
    assertFalse(Thread.interrupted());
  }

  @Test
  void jsonIsTheResult() throws Exception {
    final Recorded job = new Recorded();
    gogo.job("test", job);
    assertEquals("{}", gogo.run("dma:test -j --iterations 3"));
    assertEquals(List.of(List.of("--iterations", "3", "--json", "-")), job.calls);
    assertEquals("", gogo.out.toString());
  }

  @Test
  void anExitCodeIsAnException() {
    final Recorded job = new Recorded();
    job.code = 4;
    gogo.job("demo", job);
    final Exception e = assertThrows(IllegalStateException.class, () -> gogo.run("dma:demo"));
    assertTrue(e.getMessage().startsWith("demo failed: exit=4"), e.getMessage());
  }

  @Test
  void aFailedJobsJsonIsShownAllTheSame() {
    final Recorded job = new Recorded();
    job.code = 1;
    gogo.job("test", job);
    assertThrows(IllegalStateException.class, () -> gogo.run("dma:test -j"));
    assertEquals("{}", gogo.out.toString().strip());
  }

  @ParameterizedTest
  @CsvSource({
    "demo,io.asynctx.tester",
    "test,io.asynctx.tester",
    "storm,io.asynctx.tester",
    "soak,io.asynctx.tester",
    "bench-swap,io.asynctx.tester",
    "inject,io.asynctx.driver.fault"
  })
  void aMissingJobIsNamedWithItsBundle(String name, String bundle) throws Exception {
    final Recorded job = new Recorded();
    gogo.job(name, job);
    assertNull(gogo.run("dma:" + name + " --seed 3"));
    assertEquals(List.of(List.of("--seed", "3")), job.calls);
    assertEquals("{}", gogo.run("dma:" + name + " -j"));
    gogo.jobs.removeJob(job, Map.of(CommandLine.NAME, name));
    final Exception e = assertThrows(IllegalStateException.class, () -> gogo.run("dma:" + name));
    assertEquals(
        "command is not there: name=" + name + "; start the bundle " + bundle, e.getMessage());
  }
}
