package io.asynctx.docs;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A table that leads from each case to its tests. The last column holds one or more {@code
 * Class#method}.
 *
 * @param required every case there must be, once
 */
record Coverage(List<String> required) {

  /** What is wrong with the rows, the first {@code keys} columns of which name the case. */
  List<String> problems(Tree tree, List<Markdown.Row> rows, int keys) {
    final List<String> problems = new ArrayList<>();
    final List<String> absent = new ArrayList<>(required);
    final Set<String> seen = new HashSet<>();
    for (Markdown.Row row : rows) {
      final String name =
          String.join(" / ", row.cells().subList(0, keys).stream().map(Markdown::plain).toList());
      absent.remove(name);
      if (!seen.add(name)) {
        problems.add("row stands there twice: " + name);
      } else if (!required.contains(name)) {
        problems.add("row is not on the list: " + name);
      }
      for (String reference : row.cells().getLast().split(",", -1)) {
        final String missing = tree.missing(Markdown.plain(reference).strip());
        if (!missing.isEmpty()) {
          problems.add(name + ": " + missing);
        }
      }
    }
    absent.forEach(name -> problems.add("row is missing: " + name));
    return problems;
  }
}
