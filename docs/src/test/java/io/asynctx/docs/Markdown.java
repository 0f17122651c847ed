package io.asynctx.docs;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parts of a document that tests look at. Knows as much of Markdown as the project's documents
 * use: fences of three backticks, headings with hashes, pipe tables, inline links.
 */
final class Markdown {

  /** A fenced block; {@code marker} is what its comment says, empty if it has none. */
  record Fence(int line, String language, String marker, String body) {}

  /** A heading. */
  record Heading(int line, int level, String text, String anchor) {}

  /** A row of a table, without the header, under the latest heading. */
  record Row(int line, String heading, List<String> cells) {}

  /** An inline link. */
  record Link(int line, String target) {}

  /** A paragraph or an item of a list, on one line. */
  record Paragraph(int line, String text) {}

  private static final Pattern FENCE = Pattern.compile("\\s*```(.*)");
  private static final Pattern MARKER = Pattern.compile("\\s*<!-- snippet: ?(.*?) ?-->\\s*");
  private static final Pattern HEADING = Pattern.compile("(#{1,6}) (.*)");
  private static final Pattern LINK = Pattern.compile("\\[[^\\]]*]\\(([^)\\s]+)\\)");
  private static final Pattern CODE = Pattern.compile("`[^`]*`");
  private static final Pattern ITEM = Pattern.compile("\\s*([-*]|\\d+\\.) .*");

  private final String path;
  private final List<Fence> fences = new ArrayList<>();
  private final List<Heading> headings = new ArrayList<>();
  private final List<Row> rows = new ArrayList<>();
  private final List<Link> links = new ArrayList<>();
  private final List<Paragraph> paragraphs = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private final Map<String, Integer> anchors = new HashMap<>();

  private Markdown(String path) {
    this.path = path;
  }

  static Markdown of(String path, String text) {
    final Markdown document = new Markdown(path);
    document.read(text.lines().toList());
    return document;
  }

  private void read(List<String> lines) {
    String marker = "";
    int table = 0;
    int at = 0;
    while (at < lines.size()) {
      final String line = lines.get(at);
      final Matcher fence = FENCE.matcher(line);
      final Matcher mark = MARKER.matcher(line);
      if (!marker.isEmpty() && !fence.matches()) {
        problems.add(at(at) + "marker without a block: " + marker);
        marker = "";
      }
      if (fence.matches()) {
        at = fence(lines, at, fence.group(1).strip(), marker);
        marker = "";
      } else if (mark.matches()) {
        marker = mark.group(1).isEmpty() ? "?" : mark.group(1);
      } else {
        table = line.startsWith("|") ? table + 1 : 0;
        line(line, at + 1, table);
      }
      at++;
    }
    if (!marker.isEmpty()) {
      problems.add(at(at) + "marker without a block: " + marker);
    }
  }

  private int fence(List<String> lines, int start, String language, String marker) {
    int end = start + 1;
    while (end < lines.size() && !lines.get(end).strip().equals("```")) {
      end++;
    }
    if (end == lines.size()) {
      problems.add(at(start) + "block is never closed");
    }
    fences.add(
        new Fence(start + 1, language, marker, String.join("\n", lines.subList(start + 1, end))));
    return end;
  }

  private void line(String line, int number, int table) {
    final Matcher heading = HEADING.matcher(line);
    if (heading.matches()) {
      final String text = heading.group(2).strip();
      headings.add(new Heading(number, heading.group(1).length(), text, anchor(text)));
    } else if (table > 2) { // header, then dashes
      rows.add(new Row(number, headings.isEmpty() ? "" : headings.getLast().text(), cells(line)));
    } else if (table == 0) {
      paragraph(line, number);
    }
    final Matcher link = LINK.matcher(CODE.matcher(line).replaceAll(""));
    while (link.find()) {
      links.add(new Link(number, link.group(1)));
    }
  }

  private void paragraph(String line, int number) {
    final boolean goesOn =
        !line.isBlank()
            && !ITEM.matcher(line).matches()
            && !paragraphs.isEmpty()
            && !paragraphs.getLast().text().isEmpty()
            && (headings.isEmpty() || headings.getLast().line() < number - 1);
    if (goesOn) {
      final Paragraph last = paragraphs.removeLast();
      paragraphs.add(new Paragraph(last.line(), last.text() + " " + line.strip()));
    } else {
      paragraphs.add(new Paragraph(number, line.strip()));
    }
  }

  private static List<String> cells(String line) {
    final String inner = line.strip().replaceFirst("^\\|", "").replaceFirst("\\|$", "");
    final List<String> cells = new ArrayList<>();
    for (String cell : inner.split("(?<!\\\\)\\|", -1)) {
      cells.add(cell.strip());
    }
    return cells;
  }

  /**
   * As hosting sites make it: lower case, no punctuation, dashes for blanks, numbered if repeated.
   */
  private String anchor(String text) {
    final String plain =
        text.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-');
    final int before = anchors.merge(plain, 1, Integer::sum) - 1;
    return before == 0 ? plain : plain + "-" + before;
  }

  private String at(int index) {
    return path + ":" + (index + 1) + ": ";
  }

  String path() {
    return path;
  }

  List<Fence> fences() {
    return fences;
  }

  List<Heading> headings() {
    return headings;
  }

  List<Row> rows() {
    return rows;
  }

  List<Link> links() {
    return links;
  }

  List<Paragraph> paragraphs() {
    return paragraphs.stream().filter(p -> !p.text().isEmpty()).toList();
  }

  /** What could not be read. */
  List<String> problems() {
    return problems;
  }

  /** The text between backticks; the whole cell if there are none. */
  static String plain(String cell) {
    return cell.replace("`", "");
  }
}
