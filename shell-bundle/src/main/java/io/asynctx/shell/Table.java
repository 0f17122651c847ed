package io.asynctx.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How one type of record is shown: a row each under capital headings, or, alone, a line a value.
 *
 * @param <T> the record
 */
final class Table<T> {

  private static final String GAP = "  ";

  private final Class<T> type;
  private final String ifEmpty;
  private final Function<T, String> name;
  private final List<Column<T>> columns = new ArrayList<>();
  private @Nullable Function<T, String> paragraph;
  private @Nullable Function<T, String> sheet;

  private record Column<T>(
      String heading, boolean right, Function<T, Object> value, Predicate<List<T>> shown) {}

  /**
   * A table without columns.
   *
   * @param ifEmpty what to say when there are no rows
   * @param name the short name of a record
   */
  Table(Class<T> type, String ifEmpty, Function<T, String> name) {
    this.type = type;
    this.ifEmpty = ifEmpty;
    this.name = name;
  }

  /** Adds a column of text. */
  Table<T> text(String heading, Function<T, Object> value) {
    return textIf(heading, value, rows -> true);
  }

  /** Adds a column of text that is left out where it says nothing. */
  Table<T> textIf(String heading, Function<T, Object> value, Predicate<List<T>> shown) {
    columns.add(new Column<>(heading, false, value, shown));
    return this;
  }

  /** Adds a column of numbers, at the right, with separators. */
  Table<T> number(String heading, Function<T, Object> value) {
    return numberIf(heading, value, rows -> true);
  }

  /** Adds a column of numbers that is left out where it says nothing. */
  Table<T> numberIf(String heading, Function<T, Object> value, Predicate<List<T>> shown) {
    columns.add(new Column<>(heading, true, value, shown));
    return this;
  }

  /** Shows rows as paragraphs: for values too long for columns. */
  Table<T> paragraphs(Function<T, String> paragraph) {
    this.paragraph = paragraph;
    return this;
  }

  /** Shows a record alone in a form of its own: for those that hold a table themselves. */
  Table<T> alone(Function<T, String> sheet) {
    this.sheet = sheet;
    return this;
  }

  Class<T> type() {
    return type;
  }

  String name(Object row) {
    return name.apply(type.cast(row));
  }

  /** Rows under their headings. */
  String rows(List<?> any) {
    if (any.isEmpty()) {
      return ifEmpty;
    }
    final List<T> rows = any.stream().<T>map(type::cast).toList();
    if (paragraph != null) {
      return String.join("\n", rows.stream().map(paragraph).toList());
    }
    final List<Column<T>> shown = columns.stream().filter(c -> c.shown().test(rows)).toList();
    final List<List<String>> cells = new ArrayList<>();
    cells.add(shown.stream().map(Column::heading).toList());
    for (T row : rows) {
      cells.add(cells(shown, row));
    }
    final int[] widths = new int[shown.size()];
    for (List<String> line : cells) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    final StringBuilder text = new StringBuilder();
    for (List<String> line : cells) {
      text.append(text.isEmpty() ? "" : "\n").append(line(shown, line, widths));
    }
    return text.toString();
  }

  /** One row without headings. */
  String row(Object row) {
    return String.join(GAP, cells(columns, type.cast(row)));
  }

  /** One record, a line a value unless it has a form of its own. */
  String record(Object record) {
    if (sheet != null) {
      return sheet.apply(type.cast(record));
    }
    final List<String> values = cells(columns, type.cast(record));
    final int width = columns.stream().mapToInt(c -> c.heading().length()).max().orElse(0);
    final StringBuilder text = new StringBuilder();
    for (int i = 0; i < values.size(); i++) {
      text.append(text.isEmpty() ? "" : "\n")
          .append(columns.get(i).heading().toLowerCase(Locale.ROOT))
          .append(" ".repeat(width - columns.get(i).heading().length()))
          .append(GAP)
          .append(values.get(i));
    }
    return text.toString();
  }

  private static <T> List<String> cells(List<Column<T>> columns, T row) {
    return columns.stream().map(c -> cell(c.value().apply(row))).toList();
  }

  private static String cell(Object value) {
    return switch (value) {
      case Long number -> String.format(Locale.ROOT, "%,d", number);
      case Integer number -> String.format(Locale.ROOT, "%,d", number);
      case Boolean flag -> flag ? "yes" : "no";
      case List<?> list -> String.join(", ", list.stream().map(String::valueOf).toList());
      default -> value.toString();
    };
  }

  private static <T> String line(List<Column<T>> columns, List<String> cells, int[] widths) {
    final StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      final String padding = " ".repeat(widths[i] - cells.get(i).length());
      line.append(i == 0 ? "" : GAP)
          .append(columns.get(i).right() ? padding + cells.get(i) : cells.get(i) + padding);
    }
    return line.toString().stripTrailing();
  }
}
