package io.asynctx.bench.engine;

import io.asynctx.debian.UnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the threads of a process have used, as Linux counts it.
 *
 * @param cpuNanos time on a core
 * @param wakeUps how often a thread went to sleep by itself, and so was woken
 * @param wallNanos when it was looked at
 */
record Usage(long cpuNanos, long wakeUps, long wallNanos) {

  private static final String SWITCHES = "voluntary_ctxt_switches:";

  /** The sum over the threads that live. */
  static Usage of(long process) throws UnavailableException {
    final List<Path> tasks;
    final long now = System.nanoTime();
    try (Stream<Path> all = Files.list(Path.of("/proc", Long.toString(process), "task"))) {
      tasks = all.toList();
    } catch (IOException e) {
      throw new UnavailableException("/proc cannot be read: process=" + process + ", " + e, e);
    }
    long cpu = 0;
    long wakes = 0;
    for (Path task : tasks) {
      try {
        cpu += Long.parseLong(Files.readString(task.resolve("schedstat")).split(" ")[0]);
        wakes +=
            Files.readAllLines(task.resolve("status")).stream()
                .filter(l -> l.startsWith(SWITCHES))
                .mapToLong(l -> Long.parseLong(l.substring(SWITCHES.length()).strip()))
                .sum();
      } catch (NoSuchFileException e) {
        continue; // it ended between the list and the look
      } catch (IOException e) {
        throw new UnavailableException("/proc cannot be read: task=" + task + ", " + e, e);
      }
    }
    return new Usage(cpu, wakes, now);
  }

  Usage since(Usage before) {
    return new Usage(
        Math.max(0, cpuNanos - before.cpuNanos),
        Math.max(0, wakeUps - before.wakeUps),
        wallNanos - before.wallNanos);
  }
}
