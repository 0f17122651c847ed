package io.asynctx.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Compares the exported packages with the checked-in {@code api-signature.txt}, which is the
 * baseline. To take over a change, set the package's version and run {@value #COMMAND}; it writes
 * nothing if the step is too small. Before a first release a whole new baseline may be taken:
 * delete the file, then run the same command.
 */
final class ApiSignatureTest {
  private static final String COMMAND =
      "mvn -B -ntp -pl api-bundle -Dapi.update -Dtest=ApiSignatureTest test";

  private final Path module = Path.of(System.getProperty("basedir", ""));
  private final Path file = module.resolve("api-signature.txt");

  @Test
  void exportedPackagesAreTheCheckedInOnes() throws IOException {
    ApiSignature now = ApiSignature.ofClasses(module.resolve("target/classes"));
    boolean update = System.getProperty("api.update") != null;
    if (!Files.exists(file)) {
      if (!update) {
        fail("no API baseline: file=" + file + "; write it with: " + COMMAND);
      }
      Files.writeString(file, now.toText());
      return;
    }

    List<ApiChange> changes = ApiChange.between(ApiSignature.parse(Files.readString(file)), now);
    String complaints =
        changes.stream()
            .filter(c -> !c.accepted())
            .map(ApiChange::complaint)
            .collect(Collectors.joining("\n"));
    if (!complaints.isEmpty()) {
      fail(complaints);
    }
    if (update) {
      Files.writeString(file, now.toText());
    }
    assertEquals(
        Files.readString(file),
        now.toText(),
        "API changed with the right version step; take it over with: " + COMMAND);
  }

  @Test
  void textFormReadsBack() throws IOException {
    ApiSignature now = ApiSignature.ofClasses(module.resolve("target/classes"));
    assertEquals(now, ApiSignature.parse(now.toText()));
  }
}
