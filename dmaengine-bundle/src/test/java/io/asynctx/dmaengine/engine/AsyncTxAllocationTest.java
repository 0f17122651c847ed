package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.AsyncTx;
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

  private static final long TIME_OUT_SECONDS = 120;

  @Test
  void submittingAllocatesNothingOnceItIsCompiled() throws IOException, InterruptedException {
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
      for (String measured :
          List.of(
              "kind=synchronous, operator said=nothing",
              "kind=software, operator said=nothing",
              "kind=software, operator said=something")) {
        assertTrue(text.contains(measured + ", bytes per chain=0\n"), text);
      }
    } finally {
      Files.delete(output);
    }
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
            AssertionFailedError.class)
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
