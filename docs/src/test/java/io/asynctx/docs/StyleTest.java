package io.asynctx.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every document is written as the reviewers of the 2007 text asked. */
final class StyleTest {

  private static final Pattern CODE = Pattern.compile("`[^`]*`");
  private static final Pattern LINK = Pattern.compile("]\\([^)]*\\)");

  /** A word of its own, no part of a file's name. */
  private static final Pattern SMALL =
      Pattern.compile("(?<![\\w./-])(api|cpu|irq|jvm|osgi)(?![\\w/-]|\\.\\w)");

  /** The table of contents, entries of lists of links, pictures, comments. */
  private static final Pattern TITLE =
      Pattern.compile("Contents|(- |!)\\[[^]]*]\\([^)]*\\)|<!--.*-->");

  @Test
  void everyDocumentKeepsToTheStyle() {
    assertEquals(
        List.of(), Tree.project().documents().stream().flatMap(StyleTest::problems).toList());
  }

  @Test
  void plantedProblemsAreFound() {
    assertEquals(
        List.of(
            "planted.md: heading ends with a colon: Usage:",
            "planted.md: not in capitals: The cpu is fine.",
            "planted.md: no full stop: It ends here"),
        problems(Markdown.of("planted.md", "# Usage:\n\nThe cpu is fine.\n\nIt ends here\n"))
            .toList());
    assertEquals(
        List.of(),
        problems(Markdown.of("fine.md", "# Use\n\nThe `cpu` is the CPU.\n\n- [A](b.md)\n"))
            .toList());
  }

  private static String prose(String text) {
    return LINK.matcher(CODE.matcher(text).replaceAll("")).replaceAll("]");
  }

  private static Stream<String> problems(Markdown document) {
    final List<String> problems = new ArrayList<>();
    document
        .headings()
        .forEach(h -> {
          if (h.text().endsWith(":")) {
            problems.add("heading ends with a colon: " + h.text());
          }
        });
    for (Markdown.Paragraph paragraph : document.paragraphs()) {
      final String text = prose(paragraph.text());
      if (SMALL.matcher(text).find()) {
        problems.add("not in capitals: " + paragraph.text());
      }
      if (!text.matches("(?s).*[.:][`)*]*") && !TITLE.matcher(paragraph.text()).matches()) {
        problems.add("no full stop: " + paragraph.text());
      }
    }
    document
        .rows()
        .forEach(row -> {
          final String text = String.join(" | ", row.cells());
          if (SMALL.matcher(prose(text)).find()) {
            problems.add("not in capitals: " + text);
          }
        });
    return problems.stream().map(p -> document.path() + ": " + p);
  }
}
