package io.asynctx.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaConstants;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The table of service properties has the constants of {@link DmaConstants}, no more and no less.
 */
final class ServicePropertiesTest {

  private static final Set<String> TYPES =
      Set.of("String", "String[]", "Integer", "Long", "Boolean", "value", "PID", "topic");

  private final Markdown document = Tree.project().document("docs/service-properties.md");

  @Test
  void tableHasEveryConstantWithItsValue() throws IllegalAccessException {
    final Map<String, String> constants = new TreeMap<>();
    for (Field field : DmaConstants.class.getFields()) {
      if (Modifier.isStatic(field.getModifiers()) && field.getType() == String.class) {
        constants.put(field.getName(), (String) field.get(null));
      }
    }
    final Map<String, String> table = new TreeMap<>();
    constantRows()
        .forEach(
            r -> table.put(Markdown.plain(r.cells().get(0)), Markdown.plain(r.cells().get(1))));
    assertEquals(constants, table);
    assertEquals(table.size(), constantRows().count(), "a constant stands there twice");
  }

  @Test
  void everyRowSaysTypeSetterAndMeaning() {
    constantRows()
        .forEach(r -> {
          final String row = r.line() + ": " + r.cells();
          assertEquals(5, r.cells().size(), row);
          assertTrue(TYPES.contains(Markdown.plain(r.cells().get(2))), row);
          assertTrue(!r.cells().get(3).isEmpty() && r.cells().get(4).endsWith("."), row);
        });
  }

  private Stream<Markdown.Row> constantRows() {
    return document.rows().stream().filter(r -> r.heading().equals("Constants"));
  }
}
