package io.asynctx.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AllocationTest {
  @ParameterizedTest
  @ValueSource(strings = {"scalar", "vector"})
  void compiledKernelsAllocateNothing(String which) throws IOException, InterruptedException {
    // Own JVM: compilation in the foreground makes a count of calls enough, and no other test's
    // kinds of memory or agents disturb the profile.
    final String output =
        ChildJvm.run(
            AllocationProbe.class,
            List.of("--add-modules", "jdk.incubator.vector", "-Xbatch"),
            which);
    assertTrue(output.contains("kernels=" + which), output);
    final List<String> lines =
        output.lines().filter(line -> line.startsWith("operation=")).toList();
    assertEquals(3 * 3 * 12, lines.size(), output);
    assertEquals(List.of(), lines.stream().filter(line -> !line.endsWith(", bytes=0")).toList());
  }
}
