package io.asynctx.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The table checker finds what was planted. */
final class CoverageTest {

  private static final String HEADER = "| Case | Answer | Test |\n|---|---|---|\n";

  private final Coverage coverage = new Coverage(List.of("one", "two"), Set.of("two"));

  @Test
  void completeTablePasses() {
    assertEquals(
        List.of(),
        problems(
            "| one | x | `CoverageTest#completeTablePasses`,"
                + " `SnippetsTest#everyJavaBlockOfEveryDocumentCompiles` |\n"
                + "| `two` | x | - |\n"));
  }

  @Test
  void severalTestsOfARowAreAllLookedUp() {
    assertEquals(
        List.of("one: no such method in the class: CoverageTest#gone"),
        problems(
            "| one | x | `CoverageTest#completeTablePasses`, `CoverageTest#gone` |\n"
                + "| two | x | - |\n"));
  }

  @Test
  void missingUnknownAndRepeatedRowsAreReported() {
    assertEquals(
        List.of(
            "row stands there twice: two",
            "row is not on the list: three",
            "row has no test and is not pending: three",
            "row is missing: one"),
        problems("| two | x | - |\n| two | x | - |\n| three | x | - |\n"));
  }

  @Test
  void missingTestsAreReported() {
    assertEquals(
        List.of(
            "row has no test and is not pending: one",
            "row has a test and is still pending: two",
            "two: no such class in the source tree: GoneTest#gone"),
        problems("| one | x | - |\n| two | x | `GoneTest#gone` |\n"));
    assertEquals(
        List.of("one: not of the form Class#method: soon"),
        problems("| one | x | soon |\n| two | x | - |\n"));
  }

  @Test
  void pendingNamesMustBeOnTheList() {
    assertEquals(
        List.of("pending, but not on the list: four"),
        new Coverage(List.of(), Set.of("four")).problems(Tree.project(), List.of(), 1));
  }

  private List<String> problems(String rows) {
    return coverage.problems(Tree.project(), Markdown.of("planted.md", HEADER + rows).rows(), 1);
  }
}
