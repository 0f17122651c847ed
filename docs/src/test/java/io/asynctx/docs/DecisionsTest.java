package io.asynctx.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Decision records are numbered without a gap, have the same three parts, and stand in the index.
 */
final class DecisionsTest {

  private final Tree tree = Tree.project();
  private final List<Markdown> records =
      tree.documents().stream().filter(d -> d.path().matches("docs/adr/\\d.*")).toList();

  @Test
  void recordsAreNumberedAndHaveTheSameParts() {
    assertTrue(records.size() >= 10, () -> "records=" + records.size());
    for (int i = 0; i < records.size(); i++) {
      final Markdown record = records.get(i);
      final String number = String.format("%04d", i + 1);
      assertTrue(record.path().startsWith("docs/adr/" + number + "-"), record::path);
      final List<String> headings = record.headings().stream().map(Markdown.Heading::text).toList();
      assertTrue(headings.getFirst().startsWith("ADR " + number + ": "), record::path);
      assertEquals(
          List.of("Context", "Decision", "Consequences"),
          headings.subList(1, headings.size()),
          record.path());
    }
  }

  @Test
  void indexListsEveryRecord() {
    assertEquals(
        records.stream().map(r -> r.path().substring("docs/adr/".length())).toList(),
        tree.document("docs/adr/README.md").links().stream().map(Markdown.Link::target).toList());
  }
}
