package io.asynctx.debian;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Packages as files.
 *
 * <p>Threading: any thread.
 *
 * @param version of the package that names them
 * @param root where their files are, as from the root of a system
 */
public record Unpacked(String version, Path root) {

  private static final String PREFIX = "root-";

  /**
   * What was unpacked below a folder before.
   *
   * @param folder where to look
   * @return null if nothing was
   * @throws UnavailableException if the folder cannot be read
   */
  static @Nullable Unpacked in(Path folder) throws UnavailableException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(f -> f.getFileName().toString().startsWith(PREFIX))
          .findFirst()
          .map(f -> new Unpacked(f.getFileName().toString().substring(PREFIX.length()), f))
          .orElse(null);
    } catch (IOException e) {
      throw new UnavailableException("cache cannot be read: folder=" + folder + ", " + e, e);
    }
  }

  /**
   * Unpacks packages below their folder. What is there afterwards is whole.
   *
   * @param folder where
   * @param version of the package that names them
   * @param debs the packages
   * @return the files
   * @throws UnavailableException if that cannot be done
   */
  static Unpacked of(Path folder, String version, List<Path> debs) throws UnavailableException {
    try {
      final Path made = Files.createTempDirectory(folder, "part-");
      for (Path deb : debs) {
        Program.run(folder, List.of("dpkg", "-x", deb.toString(), made.toString()));
      }
      final Path root = folder.resolve(PREFIX + version.replace(':', '_'));
      Files.move(made, root);
      return new Unpacked(version, root);
    } catch (IOException e) {
      throw new UnavailableException("cache cannot be written: folder=" + folder + ", " + e, e);
    }
  }

  /**
   * The folder of the first file whose name has this in it.
   *
   * @param part of a name
   * @return the folder
   * @throws UnavailableException if there is none
   */
  public String folderOf(String part) throws UnavailableException {
    return String.valueOf(first(f -> name(f).contains(part), part).getParent());
  }

  /**
   * A file by its name, wherever it is.
   *
   * @param name of the file
   * @return its path
   * @throws UnavailableException if there is none
   */
  public Path file(String name) throws UnavailableException {
    return first(f -> name(f).equals(name), name);
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
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
