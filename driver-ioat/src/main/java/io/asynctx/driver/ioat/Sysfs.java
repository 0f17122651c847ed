package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.driver.DriverReport.Finding;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a sysfs tree and trusts nothing in it. What cannot be read or understood is no exception
 * but a finding that names the file and what is in it; the caller goes on with what is left.
 *
 * <p>Threading: owned by one discovery.
 */
final class Sysfs {
  /** The kernel never gives more for one attribute. */
  private static final int MAX_BYTES = 4096;

  private static final int MAX_SHOWN = 60;
  private static final Pattern HEX = Pattern.compile("0x[0-9a-fA-F]{1,7}");
  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]{1,9}");

  /** Names with numbers in them, smaller numbers first. */
  private static final Comparator<Path> BY_NAME =
      Comparator.<Path>comparingInt(path -> name(path).length()).thenComparing(Sysfs::name);

  private final List<Finding> problems = new ArrayList<>();

  /**
   * What was not understood so far.
   *
   * @return in the order met
   */
  List<Finding> problems() {
    return problems;
  }

  /**
   * Last name of a path.
   *
   * @param path any
   * @return empty for a root
   */
  static String name(Path path) {
    final Path last = path.getFileName();
    return last == null ? "" : last.toString();
  }

  /**
   * What is in a folder.
   *
   * @param folder may be absent
   * @return in order of their names; empty if there is nothing
   */
  List<Path> entries(Path folder) {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted(BY_NAME).toList();
    } catch (IOException | UncheckedIOException e) {
      problem(folder, "folder not readable: file=" + folder + ", cause=" + e);
      return List.of();
    }
  }

  /**
   * An attribute.
   *
   * @param file its file
   * @return its text without the line end; null if it is absent, or could not be read
   */
  @Nullable String text(Path file) {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return null;
    }
    if (!Files.isRegularFile(file)) {
      problem(file, "attribute is no file: file=" + file);
      return null;
    }
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1).strip();
    } catch (IOException e) {
      problem(file, "attribute not readable: file=" + file + ", cause=" + e);
      return null;
    }
  }

  /**
   * An attribute like {@code 0x8086}.
   *
   * @param file its file
   * @return -1 if it is absent or something else
   */
  int hex(Path file) {
    final String text = text(file);
    if (text == null) {
      return -1;
    }
    if (!HEX.matcher(text).matches()) {
      malformed(file, text, "a number like 0x8086");
      return -1;
    }
    return Integer.parseInt(text.substring(2), 16);
  }

  /**
   * An attribute like {@code -1}.
   *
   * @param file its file
   * @return -1 if it is absent or something else
   */
  int number(Path file) {
    final String text = text(file);
    if (text == null) {
      return -1;
    }
    if (!DECIMAL.matcher(text).matches()) {
      malformed(file, text, "a decimal number");
      return -1;
    }
    return Integer.parseInt(text);
  }

  /**
   * What a symbolic link points to.
   *
   * @param link its path
   * @return the last name of its target; null if it is absent or something else
   */
  @Nullable String link(Path link) {
    if (!Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
      return null;
    }
    try {
      return name(Files.readSymbolicLink(link));
    } catch (IOException | UnsupportedOperationException e) {
      problem(link, "no symbolic link: file=" + link + ", cause=" + e);
      return null;
    }
  }

  /**
   * Notes an attribute that was not understood.
   *
   * @param file its file
   * @param content what is in it
   * @param expected what should be in it
   */
  void malformed(Path file, String content, String expected) {
    problem(
        file,
        "attribute not understood: file="
            + file
            + ", content="
            + shown(content)
            + ", expected="
            + expected);
  }

  /**
   * Notes an attribute that every device has but this one.
   *
   * @param file its file
   */
  void missing(Path file) {
    problem(file, "attribute missing: file=" + file);
  }

  private void problem(Path file, String detail) {
    final Path device = file.getParent();
    problems.add(
        new Finding(
            device == null ? file.toString() : name(device),
            false,
            detail,
            "the other findings stand; report this together with the version of the kernel"));
  }

  private static String shown(String content) {
    final StringBuilder text = new StringBuilder("'");
    content
        .chars()
        .limit(MAX_SHOWN)
        .forEach(
            c -> text.append(c >= ' ' && c < 0x7f ? "" + (char) c : String.format("\\x%02x", c)));
    return text.append(content.length() > MAX_SHOWN ? "...'" : "'").toString();
  }
}
