package io.asynctx.docs;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A table that leads from each case to its tests. The last column holds one or more {@code
 * Class#method}, or a dash for a case without a test, which is tolerated only for the cases listed
 * as pending; so the list can only shrink.
 *
 * @param required every case there must be, once
 * @param pending those that have no test yet
 */
record Coverage(List<String> required, Set<String> pending) {

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
      tests(tree, name, row.cells().getLast(), problems);
    }
    absent.forEach(name -> problems.add("row is missing: " + name));
    pending.stream()
        .filter(name -> !required.contains(name))
        .forEach(name -> problems.add("pending, but not on the list: " + name));
    return problems;
  }

  private void tests(Tree tree, String name, String cell, List<String> problems) {
    if (cell.equals("-")) {
      if (!pending.contains(name)) {
        problems.add("row has no test and is not pending: " + name);
      }
      return;
    }
    if (pending.contains(name)) {
      problems.add("row has a test and is still pending: " + name);
    }
    for (String reference : cell.split(",", -1)) {
      final String missing = tree.missing(Markdown.plain(reference).strip());
      if (!missing.isEmpty()) {
        problems.add(name + ": " + missing);
      }
    }
  }
}
