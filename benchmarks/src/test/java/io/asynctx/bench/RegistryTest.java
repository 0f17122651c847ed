package io.asynctx.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class RegistryTest {

  private final Registry registry = Registry.all();

  /** A row that the table of numbers to reach asks for. */
  private record Wanted(String name, Goal goal, String stretch) {}

  @Test
  void everyRowOfTheTableHasAnEntryWithItsGoals() throws IOException {
    final Map<String, Row> rows = new HashMap<>();
    registry.rows().forEach(r -> rows.put(r.name(), r));
    final List<String> problems = new ArrayList<>();
    for (Wanted wanted : table()) {
      final Row row = rows.remove(wanted.name());
      if (row == null) {
        problems.add("no entry: row=" + wanted.name());
        continue;
      }
      final String stretch = row.stretch() == null ? "" : Goal.number(row.stretch().value());
      if (!row.goal().equals(wanted.goal())
          || !stretch.equals(
              wanted.stretch().isEmpty()
                  ? ""
                  : Goal.number(Double.parseDouble(wanted.stretch())))) {
        problems.add("other goals: row=" + row + ", wanted=" + wanted);
      }
    }
    rows.keySet().forEach(name -> problems.add("not in the table: row=" + name));
    assertEquals(List.of(), problems);
  }

  @Test
  void namesAreUniqueAndSoAreGroups() {
    final Set<String> names = new HashSet<>();
    registry.rows().forEach(r -> assertTrue(names.add(r.name()), r::name));
    registry.groups().forEach(g -> assertTrue(names.add(g.name()), g::name));
  }

  @Test
  void patternIsTheNameOfAGroupOrPartOfARowsName() {
    assertEquals(
        List.of("sync"), registry.wanted("sync").keySet().stream().map(Group::name).toList());
    assertEquals(
        List.of("handoff.memcpy.near/4K", "handoff.memcpy.far/4K", "handoff.memcpy.near/64K"),
        registry.wanted("handoff.memcpy").values().stream()
            .flatMap(List::stream)
            .map(Row::name)
            .toList());
    assertEquals(Map.of(), registry.wanted("nonsense"));
  }

  private static List<Wanted> table() throws IOException {
    final List<Wanted> table = new ArrayList<>();
    try (InputStream in = RegistryTest.class.getResourceAsStream("issue-table.txt")) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        if (!line.startsWith("#")) {
          final String[] f = line.split("\\|");
          for (String name : f[3].strip().split(" ")) {
            table.add(new Wanted(name, Goal.of(f[0].strip()), f[1].strip()));
          }
        }
      }
    }
    return table;
  }
}
