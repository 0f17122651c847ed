package io.asynctx.bench.engine;

import io.asynctx.debian.UnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The distribution's shell at a terminal of its own, which the program {@code script} makes.
 *
 * <p>Threading: one thread.
 */
final class Terminal implements AutoCloseable {

  private static final String PROMPT = "asynctx>";

  /** A terminal without a size shows no prompt. */
  private static final String SIZE = "stty rows 40 columns 120; exec ";

  private static final long START_SECONDS = 120;
  private static final long STOP_SECONDS = 60;

  private final Process script;
  private final double promptSeconds;

  private Terminal(Process script, double promptSeconds) {
    this.script = script;
    this.promptSeconds = promptSeconds;
  }

  /** Returns when the prompt is there. */
  static Terminal start(Path launcher) throws UnavailableException {
    final long begun = System.nanoTime();
    final Process script;
    try {
      script =
          new ProcessBuilder(List.of("script", "-q", "-e", "-c", SIZE + launcher, "/dev/null"))
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      throw new UnavailableException(
          "no terminal: " + e.getMessage() + "; install script, of util-linux", e);
    }
    final CompletableFuture<Boolean> inTime = new CompletableFuture<>();
    inTime.completeOnTimeout(false, START_SECONDS, TimeUnit.SECONDS);
    final CompletableFuture<Void> late =
        inTime.thenAccept(reached -> {
          if (!reached) {
            script.destroy();
          }
        });
    try {
      readUntil(script.getInputStream());
      inTime.complete(true);
      late.join();
    } catch (IOException e) {
      script.destroy();
      throw new UnavailableException("no prompt: launcher=" + launcher + ", " + e, e);
    }
    return new Terminal(script, (System.nanoTime() - begun) / 1e9);
  }

  private static void readUntil(InputStream in) throws IOException {
    final StringBuilder seen = new StringBuilder();
    while (seen.indexOf(PROMPT) < 0) {
      final int next = in.read();
      if (next < 0) {
        throw new IOException("it ended, and said: " + seen);
      }
      seen.append((char) next);
    }
  }

  double promptSeconds() {
    return promptSeconds;
  }

  /** The process of the JVM: the launcher script becomes it. */
  long java() {
    return script
        .descendants()
        .filter(p -> p.info().command().orElse("").endsWith("/java"))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no JVM: of=" + script.pid()))
        .pid();
  }

  @Override
  public void close() throws IOException {
    script.getOutputStream().write("exit\n".getBytes(StandardCharsets.US_ASCII));
    script.getOutputStream().flush();
    try {
      script.getInputStream().transferTo(OutputStream.nullOutputStream());
      if (!script.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        script.destroy();
      }
    } catch (InterruptedException e) {
      script.destroy();
      Thread.currentThread().interrupt();
    }
  }
}
