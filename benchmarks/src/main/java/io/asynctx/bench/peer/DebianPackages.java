package io.asynctx.bench.peer;

import io.asynctx.bench.UnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Debian packages, fetched by the machine's own apt from the places that it is told of, and
 * unpacked into the cache. Nothing is installed, and the machine's lists are not changed.
 *
 * <p>Threading: one thread.
 */
final class DebianPackages {

  /** Newest first; what cannot be fetched is passed over. */
  private static final List<String> NEWER = List.of("sid", "trixie");

  private static final String KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg";

  private DebianPackages() {}

  /**
   * A package as files.
   *
   * @param version of the package
   * @param root where its files are, as from the root of a system
   */
  record Unpacked(String version, Path root) {

    /** The folder of the first file whose name has this in it. */
    String folderOf(String part) throws UnavailableException {
      return String.valueOf(
          first(f -> f.getFileName().toString().contains(part), part).getParent());
    }

    /** A file by its name, wherever in the package it is. */
    Path file(String name) throws UnavailableException {
      return first(f -> f.getFileName().toString().equals(name), name);
    }

    private Path first(Predicate<Path> wanted, String what) throws UnavailableException {
      try (Stream<Path> files = Files.walk(root)) {
        return files
            .sorted()
            .filter(wanted)
            .findFirst()
            .orElseThrow(
                () -> new UnavailableException("no such file: name=" + what + ", in=" + root));
      } catch (IOException e) {
        throw new UnavailableException("cache cannot be read: folder=" + root + ", " + e, e);
      }
    }
  }

  /** A package of the suite that the machine's apt knows. */
  static Unpacked own(String name) throws UnavailableException {
    final Unpacked before = unpacked(Cache.folder("own-" + name));
    return before != null ? before : fetch(name, "own", List.of());
  }

  /** A package of the newest suite that can be fetched. */
  static Unpacked newest(String name) throws UnavailableException {
    final List<String> reasons = new ArrayList<>();
    for (String suite : NEWER) {
      try {
        final Unpacked before = unpacked(Cache.folder(suite + '-' + name));
        return before != null ? before : fetch(name, suite, lists(suite));
      } catch (UnavailableException e) {
        reasons.add(suite + ": " + e.reason());
      }
    }
    throw new UnavailableException(
        "no newer suite can be fetched: package=" + name + ", tried=" + reasons);
  }

  /** Options that let apt work on lists of its own, of another suite of the same archive. */
  private static List<String> lists(String suite) throws UnavailableException {
    final Path folder = Cache.folder("apt-" + suite);
    final String uri =
        Cache.run(
                folder,
                List.of(
                    "apt-get",
                    "indextargets",
                    "--format",
                    "$(ORIGIN) $(REPO_URI)",
                    "Identifier: Packages"))
            .lines()
            .filter(l -> l.startsWith("Debian "))
            .findFirst()
            .orElseThrow(() -> new UnavailableException("apt knows no Debian archive"))
            .substring("Debian ".length());
    final Path sources = folder.resolve("sources.list");
    try {
      Files.createDirectories(folder.resolve("lists/partial"));
      Files.createDirectories(folder.resolve("cache/archives/partial"));
      Files.writeString(sources, "deb [signed-by=" + KEYS + "] " + uri + ' ' + suite + " main\n");
    } catch (IOException e) {
      throw new UnavailableException("cache cannot be written: folder=" + folder + ", " + e, e);
    }
    final List<String> options =
        List.of(
            "-o",
            "Dir::Etc::sourcelist=" + sources,
            "-o",
            "Dir::Etc::sourceparts=/dev/null",
            "-o",
            "Dir::State::lists=" + folder.resolve("lists"),
            "-o",
            "Dir::Cache=" + folder.resolve("cache"),
            "-o",
            "Acquire::Languages=none");
    Cache.run(folder, command("apt-get", options, "update"));
    return options;
  }

  private static List<String> command(String program, List<String> options, String... words) {
    final List<String> command = new ArrayList<>();
    command.add(program);
    command.addAll(options);
    command.addAll(List.of(words));
    return command;
  }

  private static Unpacked fetch(String name, String suite, List<String> options)
      throws UnavailableException {
    final Path folder = Cache.folder(suite + '-' + name);
    // The cache belongs to the user, and apt's own user may not write there.
    final List<String> all = new ArrayList<>(options);
    all.addAll(List.of("-o", "APT::Sandbox::User="));
    Cache.run(folder, command("apt-get", all, "download", name));
    try (Stream<Path> files = Files.list(folder)) {
      final Path deb =
          files
              .filter(f -> f.toString().endsWith(".deb"))
              .findFirst()
              .orElseThrow(() -> new UnavailableException("apt brought nothing: package=" + name));
      final String version =
          Cache.run(folder, List.of("dpkg-deb", "-f", deb.toString(), "Version"));
      final Path made = Files.createTempDirectory(folder, "part-");
      Cache.run(folder, List.of("dpkg", "-x", deb.toString(), made.toString()));
      final Path root = folder.resolve("root-" + version.replace(':', '_'));
      Files.move(made, root);
      return new Unpacked(version, root);
    } catch (IOException e) {
      throw new UnavailableException("cache cannot be written: folder=" + folder + ", " + e, e);
    }
  }

  private static @Nullable Unpacked unpacked(Path folder) throws UnavailableException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(f -> f.getFileName().toString().startsWith("root-"))
          .findFirst()
          .map(f -> new Unpacked(f.getFileName().toString().substring("root-".length()), f))
          .orElse(null);
    } catch (IOException e) {
      throw new UnavailableException("cache cannot be read: folder=" + folder + ", " + e, e);
    }
  }
}
