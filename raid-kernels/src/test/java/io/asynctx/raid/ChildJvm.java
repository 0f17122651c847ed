package io.asynctx.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a main class of this module in a JVM with other options than the tests' own. */
final class ChildJvm {
  private static final long TIME_OUT_SECONDS = 60;

  private ChildJvm() {}

  /** The child's output, standard error included; fails unless it ends with status 0. */
  static String run(Class<?> main, List<String> options, String... arguments)
      throws IOException, InterruptedException {
    final Path output = Files.createTempFile("child-jvm", ".txt");
    try {
      final List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(options);
      command.addAll(List.of("-cp", location(Kernels.class) + File.pathSeparator + location(main)));
      command.add(main.getName());
      command.addAll(List.of(arguments));
      final Process child =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      final boolean ended = child.waitFor(TIME_OUT_SECONDS, TimeUnit.SECONDS);
      child.destroyForcibly();
      final String text = Files.readString(output);
      assertTrue(ended, "child JVM did not end: seconds=" + TIME_OUT_SECONDS + "\n" + text);
      assertEquals(0, child.exitValue(), text);
      return text;
    } finally {
      Files.delete(output);
    }
  }

  private static Path location(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("class has no path: " + type, e);
    }
  }
}
