package io.asynctx.bench.engine;

import io.asynctx.bench.Effort;
import io.asynctx.bench.Group;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Row;
import io.asynctx.debian.UnavailableException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** The distribution as it is, started at a terminal: how soon it is there, what it does idle. */
public final class PlatformGroup implements Group {

  /** System property with the folder of the distribution. */
  static final String HOME = "asynctx.bench.distribution";

  private final Row cpu = Row.absolute("idle.cpu", 0, 0, "% of a core", "<= 0.5", "");
  private final Row wakeUps = Row.absolute("idle.wakeups", 0, 0, "/s and core", "<= 20", "");
  private final Row start = Row.absolute("start.prompt", 0, 0, "s", "<= 1.5", "1.0");

  @Override
  public String name() {
    return "platform";
  }

  @Override
  public List<Row> rows() {
    return List.of(cpu, wakeUps, start);
  }

  @Override
  public void measure(List<Row> wanted, Effort effort, Consumer<Measurement> found)
      throws Exception {
    final String home = System.getProperty(HOME);
    if (home == null) {
      throw new UnavailableException(
          "no distribution: property=" + HOME + "; start with ./asynctx bench");
    }
    final boolean quick = effort.rounds() < Effort.usual().rounds();
    final Path launcher = Path.of(home, "bin", "asynctx");
    if (wanted.contains(start)) {
      final double[] seconds = new double[quick ? 3 : 7];
      Terminal.start(launcher).close(); // warms the files up
      for (int i = 0; i < seconds.length; i++) {
        try (Terminal terminal = Terminal.start(launcher)) {
          seconds[i] = terminal.promptSeconds();
        }
      }
      found.accept(Measurement.absolute(start, seconds));
    }
    if (wanted.contains(cpu) || wanted.contains(wakeUps)) {
      idle(wanted, quick, found, launcher);
    }
  }

  private void idle(List<Row> wanted, boolean quick, Consumer<Measurement> found, Path launcher)
      throws Exception {
    final int cores = Runtime.getRuntime().availableProcessors();
    final int slices = quick ? 5 : 15;
    final double[] percent = new double[slices];
    final double[] wakes = new double[slices];
    try (Terminal terminal = Terminal.start(launcher)) {
      Thread.sleep(quick ? 10_000 : 20_000); // the compiler settles
      for (int i = 0; i < slices; i++) {
        final Usage before = Usage.of(terminal.java());
        Thread.sleep(1000); // a slice of what is measured: an idle second
        final Usage spent = Usage.of(terminal.java()).since(before);
        percent[i] = 100.0 * spent.cpuNanos() / spent.wallNanos() / cores;
        wakes[i] = 1e9 * spent.wakeUps() / spent.wallNanos() / cores;
      }
    }
    if (wanted.contains(cpu)) {
      found.accept(Measurement.absolute(cpu, percent));
    }
    if (wanted.contains(wakeUps)) {
      found.accept(Measurement.absolute(wakeUps, wakes));
    }
  }
}
