package io.asynctx.launcher;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A process of the built folder, with its output in files, so that no pipe can fill. */
final class Instance implements AutoCloseable {
  static final Path FOLDER = Path.of(System.getProperty("asynctx.folder"));

  /** Instead of the user's; with a blank, as names of folders may have. */
  static final Path CACHE = FOLDER.resolveSibling("the cache");

  private static final long BOUND_SECONDS = 60;

  private final Process process;
  private final Path out;
  private final Path err;

  private Instance(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  static Instance start(Path scratch, String options, String... words) throws IOException {
    List<String> command = new ArrayList<>(List.of(FOLDER.resolve("bin/asynctx").toString()));
    command.addAll(List.of(words));
    Path out = Files.createTempFile(scratch, "out", ".txt");
    Path err = Files.createTempFile(scratch, "err", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("JAVA25_HOME", System.getProperty("java.home"));
    builder.environment().put("XDG_CACHE_HOME", CACHE.toString());
    builder.environment().put("ASYNCTX_OPTS", "-Djava.io.tmpdir=" + scratch + " " + options);
    return new Instance(builder.start(), out, err);
  }

  /** Sends lines to the running process; they are not the last ones. */
  void send(String lines) throws IOException {
    OutputStream in = process.getOutputStream();
    in.write(lines.getBytes(StandardCharsets.UTF_8));
    in.flush();
  }

  /** Ends the input and returns the exit code. */
  int end() throws IOException, InterruptedException {
    return end(BOUND_SECONDS);
  }

  /** The same for what may take longer. */
  int end(long boundSeconds) throws IOException, InterruptedException {
    process.getOutputStream().close();
    assertTrue(process.waitFor(boundSeconds, TimeUnit.SECONDS), () -> "still running: " + this);
    return process.exitValue();
  }

  int end(String lines) throws IOException, InterruptedException {
    send(lines);
    return end();
  }

  long pid() {
    return process.pid();
  }

  String out() {
    return text(out);
  }

  String err() {
    return text(err);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Asks again and again until the answer is as expected. */
  void await(String lines, Predicate<String> expected) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(BOUND_SECONDS);
    String answer = ask(lines, end);
    while (!expected.test(answer)) {
      String last = answer;
      assertTrue(System.nanoTime() < end, () -> "timed out: lastAnswer=" + last + ", " + this);
      Thread.sleep(100); // another process: nothing to wait on but its answers, within the bound
      answer = ask(lines, end);
    }
  }

  private String ask(String lines, long end) throws IOException, InterruptedException {
    int before = out().length();
    String mark = "mark" + before + "\n";
    send(lines + "echo " + mark);
    while (!out().endsWith(mark)) {
      assertTrue(process.isAlive(), () -> "ended while asked: lines=" + lines + ", " + this);
      assertTrue(System.nanoTime() < end, () -> "no answer: lines=" + lines + ", " + this);
      Thread.sleep(10); // the same: its output file grows
    }
    String all = out();
    return all.substring(before, all.length() - mark.length());
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  @Override
  public String toString() {
    return "pid=" + process.pid() + ", out=" + out() + ", err=" + err();
  }
}
