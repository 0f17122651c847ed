package io.asynctx.validation.guest;

import io.asynctx.debian.Program;
import io.asynctx.debian.UnavailableException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The modules of one kernel by name, with those they need.
 *
 * <p>Threading: one thread.
 */
public final class Modules {

  private static final Pattern FILE = Pattern.compile("(.+)\\.ko(\\.xz)?");

  /** From the module's own .modinfo section: names, commas between them, a NUL after them. */
  private static final Pattern NEEDS = Pattern.compile("\0depends=([^\0]*)\0");

  private final Map<String, Path> files = new HashMap<>();
  private final Path unpacked;

  /**
   * The modules below some folders.
   *
   * @param folders where they are
   * @param unpacked a folder where compressed ones can be unpacked to
   * @throws UnavailableException if a folder cannot be read
   */
  public Modules(List<Path> folders, Path unpacked) throws UnavailableException {
    this.unpacked = unpacked;
    for (Path folder : folders) {
      try (Stream<Path> all = Files.walk(folder)) {
        all.filter(Files::isRegularFile)
            .forEach(f -> {
              final Matcher name = FILE.matcher(String.valueOf(f.getFileName()));
              if (name.matches()) {
                files.put(canonical(name.group(1)), f);
              }
            });
      } catch (IOException e) {
        throw new UnavailableException("cannot be read: folder=" + folder + ", " + e, e);
      }
    }
  }

  /** The kernel takes both characters for the same. */
  private static String canonical(String name) {
    return name.replace('-', '_');
  }

  /**
   * Files of modules and of those they need.
   *
   * @param names of the modules
   * @return in the order in which they can be loaded; what is built into the kernel is left out
   * @throws UnavailableException if one cannot be read
   */
  public List<Path> inOrder(List<String> names) throws UnavailableException {
    final LinkedHashSet<Path> order = new LinkedHashSet<>();
    for (String name : names) {
      add(canonical(name), order, new ArrayList<>());
    }
    return List.copyOf(order);
  }

  private void add(String name, LinkedHashSet<Path> order, List<String> above)
      throws UnavailableException {
    final Path file = files.get(name);
    if (file == null || above.contains(name)) {
      return;
    }
    final Path plain = plain(name, file);
    above.add(name);
    for (String needed : needs(plain)) {
      add(canonical(needed), order, above);
    }
    above.removeLast();
    order.add(plain);
  }

  private Path plain(String name, Path file) throws UnavailableException {
    if (!file.toString().endsWith(".xz")) {
      return file;
    }
    final Path plain = unpacked.resolve(name + ".ko");
    try {
      if (!Files.exists(plain)) {
        final Path copy = unpacked.resolve(name + ".ko.xz");
        Files.copy(file, copy);
        Program.run(unpacked, List.of("xz", "--decompress", copy.toString()));
      }
      return plain;
    } catch (IOException e) {
      throw new UnavailableException("cannot be unpacked: file=" + file + ", " + e, e);
    }
  }

  private static List<String> needs(Path file) throws UnavailableException {
    try {
      final Matcher needs =
          NEEDS.matcher(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
      return needs.find() && !needs.group(1).isEmpty()
          ? List.of(needs.group(1).split(","))
          : List.of();
    } catch (IOException e) {
      throw new UnavailableException("cannot be read: file=" + file + ", " + e, e);
    }
  }
}
