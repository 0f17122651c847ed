package io.asynctx.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The table checker finds what was planted. */
final class CoverageTest {

  private static final String HEADER = "| Case | Answer | Test |\n|---|---|---|\n";
  private static final String THIS = "`CoverageTest#completeTablePasses`";

  private final Coverage coverage = new Coverage(List.of("one", "two"));

  @Test
  void completeTablePasses() {
    assertEquals(
        List.of(),
        problems(
            "| one | x | "
                + THIS
                + ", `SnippetsTest#everyJavaBlockOfEveryDocumentCompiles` |\n"
                + "| `two` | x | "
                + THIS
                + " |\n"));
  }

  @Test
  void severalTestsOfARowAreAllLookedUp() {
    assertEquals(
        List.of("one: no such method in the class: CoverageTest#gone"),
        problems("| one | x | " + THIS + ", `CoverageTest#gone` |\n| two | x | " + THIS + " |\n"));
  }

  @Test
  void missingUnknownAndRepeatedRowsAreReported() {
    final String end = " | x | " + THIS + " |\n";
    assertEquals(
        List.of(
            "row stands there twice: two", "row is not on the list: three", "row is missing: one"),
        problems("| two" + end + "| two" + end + "| three" + end));
  }

  @Test
  void rowsWithoutATestAreReported() {
    assertEquals(
        List.of(
            "one: not of the form Class#method: -",
            "two: no such class in the source tree: GoneTest#gone"),
        problems("| one | x | - |\n| two | x | `GoneTest#gone` |\n"));
    assertEquals(
        List.of("one: not of the form Class#method: soon", "two: not of the form Class#method: "),
        problems("| one | x | soon |\n| two | x |  |\n"));
  }

  private List<String> problems(String rows) {
    return coverage.problems(Tree.project(), Markdown.of("planted.md", HEADER + rows).rows(), 1);
  }
}
