package io.asynctx.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AllocationTest {
  @ParameterizedTest
  @CsvSource({"scalar, scalar", "vector, vector-", "auto, vector-"})
  void compiledKernelsAllocateNothing(String which, String name)
      throws IOException, InterruptedException {
    // Own JVM: compilation in the foreground makes a count of calls enough, and no other test's
    // kinds of memory or agents disturb the profile.
    final String output =
        ChildJvm.run(
            AllocationProbe.class,
            List.of("--add-modules", "jdk.incubator.vector", "-Xbatch"),
            which);
    assertTrue(output.contains("kernels=" + name), output);
    final List<String> lines =
        output.lines().filter(line -> line.startsWith("operation=")).toList();
    assertEquals(3 * 4 * 14, lines.size(), output);
    assertEquals(List.of(), lines.stream().filter(line -> !line.endsWith(", bytes=0")).toList());
  }
}
