package io.asynctx.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Relative links lead to files that exist, and to headings that exist. */
final class LinksTest {

  @Test
  void everyRelativeLinkLeadsSomewhere() {
    assertEquals(List.of(), broken(Tree.project()));
  }

  @Test
  void plantedBrokenLinksAreReported(@TempDir Path root) throws IOException {
    Files.createDirectories(root.resolve("docs"));
    Files.writeString(root.resolve("docs/other.md"), "# One & two\n\n## Same\n\n## Same\n");
    Files.writeString(
        root.resolve("a.md"),
        """
        # Here
        [ok](docs/other.md) [ok](docs/other.md#one--two) [ok](docs) [ok](#here)
        [ok](docs/other.md#same-1) [ok](https://example.org/x) `[no](link)`
        [gone](docs/gone.md) [gone](docs/other.md#three) [gone](#there) [gone](docs/other.md#same-2)
        """);
    assertEquals(
        List.of(
            "a.md:4: leads nowhere: docs/gone.md",
            "a.md:4: no such heading: docs/other.md#three",
            "a.md:4: no such heading: #there",
            "a.md:4: no such heading: docs/other.md#same-2"),
        broken(new Tree(root)));
  }

  private static List<String> broken(Tree tree) {
    final List<String> broken = new ArrayList<>();
    for (Markdown document : tree.documents()) {
      for (Markdown.Link link : document.links()) {
        if (!link.target().matches("[a-z]+:.*")) {
          final String problem = problem(tree, document, link.target());
          if (!problem.isEmpty()) {
            broken.add(document.path() + ":" + link.line() + ": " + problem + link.target());
          }
        }
      }
    }
    return broken;
  }

  private static String problem(Tree tree, Markdown from, String target) {
    final int hash = target.indexOf('#');
    final String file = hash < 0 ? target : target.substring(0, hash);
    final Path source = tree.root().resolve(from.path());
    final Path path = file.isEmpty() ? source : source.resolveSibling(file).normalize();
    if (!path.startsWith(tree.root()) || !Files.exists(path)) {
      return "leads nowhere: ";
    }
    if (hash < 0) {
      return "";
    }
    final String anchor = target.substring(hash + 1);
    return tree.document(tree.root().relativize(path).toString()).headings().stream()
            .anyMatch(h -> h.anchor().equals(anchor))
        ? ""
        : "no such heading: ";
  }
}
