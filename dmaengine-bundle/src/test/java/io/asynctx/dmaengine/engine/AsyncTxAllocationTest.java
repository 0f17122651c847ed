package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.AsyncTx;
import io.asynctx.cpu.CpuDevice;
import io.asynctx.driver.soft.SoftDevices;
import io.asynctx.driver.soft.SoftDriver;
import io.asynctx.raid.Kernels;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.opentest4j.AssertionFailedError;
import org.osgi.framework.Filter;
import org.slf4j.LoggerFactory;

class AsyncTxAllocationTest {

  private static final long TIME_OUT_SECONDS = 240;

  /** The run, its log, the view of its caller, the outcome, and the way to another thread. */
  private static final long MOST_OF_A_RUN = 256;

  @Test
  void operationsAllocateNothingOnceTheyAreCompiledAndRunsOfAChainLittle()
      throws IOException, InterruptedException {
    // A JVM of its own: compilation in the foreground makes a count of calls enough, and no other
    // test's profile and no agent disturb it.
    final Path output = Files.createTempFile("allocation", ".txt");
    try {
      final Process child =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--add-modules",
                  "jdk.incubator.vector",
                  "-Xbatch",
                  "-cp",
                  classPath(),
                  AsyncTxAllocationProbe.class.getName())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      final boolean ended = child.waitFor(TIME_OUT_SECONDS, TimeUnit.SECONDS);
      child.destroyForcibly();
      final String text = Files.readString(output);
      assertTrue(ended, "child JVM did not end: seconds=" + TIME_OUT_SECONDS + "\n" + text);
      assertEquals(0, child.exitValue(), text);
      final List<String> lines =
          text.lines().filter(line -> line.contains(", calls=") || line.startsWith("run")).toList();
      assertEquals(8, lines.size(), text);
      lines.stream()
          .filter(line -> line.contains(", calls="))
          .forEach(line -> assertTrue(line.endsWith(", bytes=0"), text));
      assertTrue(bytesOfARun(lines.getLast()) <= MOST_OF_A_RUN, text);
    } finally {
      Files.delete(output);
    }
  }

  private static long bytesOfARun(String line) {
    return Long.parseLong(line.substring(line.indexOf("bytes=") + "bytes=".length()));
  }

  private static String classPath() {
    return Stream.of(
            Engine.class,
            AsyncTxAllocationProbe.class,
            AsyncTx.class,
            Kernels.class,
            Filter.class,
            LoggerFactory.class,
            Assertions.class,
            AssertionFailedError.class,
            SoftDevices.class,
            SoftDriver.class,
            CpuDevice.class)
        .map(AsyncTxAllocationTest::location)
        .distinct()
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String location(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException("class has no path: " + type, e);
    }
  }
}
