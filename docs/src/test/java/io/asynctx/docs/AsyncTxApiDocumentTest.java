package io.asynctx.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the reviewers of the 2007 text asked for, held against our edition. */
final class AsyncTxApiDocumentTest {

  private static final Pattern NUMBER = Pattern.compile("(\\d+(?:\\.\\d+)*) .*");
  private static final Pattern CODE = Pattern.compile("`[^`]*`");
  private static final Pattern LINK = Pattern.compile("]\\([^)]*\\)");

  private final Tree tree = Tree.project();
  private final Markdown document = tree.document("docs/async-tx-api.md");

  @Test
  void hasTheSectionsOfTheDocumentAndNoNumberTwice() {
    assertEquals(
        List.of(
            "1", "2", "3", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "4", "4.1", "4.2", "5"),
        numbers(document));
    assertEquals(List.of(), repeated(document));
  }

  @Test
  void noDocumentUsesASectionNumberTwice() {
    tree.documents().forEach(d -> assertEquals(List.of(), repeated(d), d.path()));
    assertEquals(
        List.of("3.1"), repeated(Markdown.of("planted.md", "## 3.1 One\n\n## 3.1 Other\n")));
  }

  @Test
  void everyFileOfTheLastSectionExists() {
    final List<String> files =
        document.rows().stream()
            .filter(r -> r.heading().startsWith("5 "))
            .map(r -> Markdown.plain(r.cells().getFirst()))
            .toList();
    assertTrue(files.size() >= 10, files::toString);
    assertEquals(List.of(), files.stream().filter(f -> !tree.has(f)).toList());
    assertFalse(tree.has("api-bundle/src/main/java/io/asynctx/async/Gone.java"));
  }

  @Test
  void headingsHaveNoColon() {
    document.headings().forEach(h -> assertFalse(h.text().contains(":"), h::text));
  }

  @Test
  void wordsAreSpeltAsTheReviewersAsked() {
    prose()
        .forEach(text -> {
          assertFalse(Pattern.compile("\\b(api|cpu|irq)\\b").matcher(text).find(), text);
          assertFalse(text.matches("(?i).*\\b(driver|platform|client) specific.*"), text);
        });
    assertTrue(prose().anyMatch(text -> text.contains("acked by any of")));
    assertTrue(prose().anyMatch(text -> text.contains("driver-specific or platform-specific")));
  }

  @Test
  void sentencesEndWithAFullStop() {
    final List<String> open = new ArrayList<>();
    document.paragraphs().stream()
        .filter(p -> !p.text().equals("Contents") && !p.text().matches("- \\[\\d.*"))
        .filter(p -> !p.text().endsWith("."))
        .forEach(p -> open.add(p.line() + ": " + p.text()));
    document.rows().stream()
        .filter(r -> !r.cells().getLast().endsWith("."))
        .forEach(r -> open.add(r.line() + ": " + r.cells()));
    assertEquals(List.of(), open);
  }

  private Stream<String> prose() {
    return Stream.concat(
            document.paragraphs().stream().map(Markdown.Paragraph::text),
            document.rows().stream().flatMap(r -> r.cells().stream()))
        .map(text -> LINK.matcher(CODE.matcher(text).replaceAll("")).replaceAll("]"));
  }

  private static List<String> numbers(Markdown document) {
    return document.headings().stream()
        .map(h -> NUMBER.matcher(h.text()))
        .filter(Matcher::matches)
        .map(m -> m.group(1))
        .toList();
  }

  private static List<String> repeated(Markdown document) {
    final Set<String> seen = new HashSet<>();
    return numbers(document).stream().filter(n -> !seen.add(n)).toList();
  }
}
