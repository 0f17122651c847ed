package io.asynctx.debian;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A folder of the user's cache where fetched and compiled things stay. Nothing here is part of the
 * project.
 *
 * <p>Threading: one thread.
 *
 * @param root the folder, which need not be there yet
 */
public record Cache(Path root) {

  /**
   * The cache of one purpose.
   *
   * @param purpose e.g. {@code bench}
   * @return below XDG_CACHE_HOME, or below .cache in the user's home
   */
  public static Cache of(String purpose) {
    final String xdg = System.getenv("XDG_CACHE_HOME");
    final Path root =
        xdg == null || xdg.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(xdg);
    return new Cache(root.resolve("asynctx").resolve(purpose));
  }

  /**
   * A folder of this name, made if it is missing.
   *
   * @param name of the folder
   * @return the folder
   * @throws UnavailableException if it cannot be made
   */
  public Path folder(String name) throws UnavailableException {
    final Path folder = root.resolve(name);
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UnavailableException("no cache: folder=" + folder + ", " + e, e);
    }
  }

  /**
   * A resource that stands beside a class, written into a folder.
   *
   * @param folder where to
   * @param beside the class
   * @param name of the resource and of the file
   * @return the file
   * @throws UnavailableException if it cannot be written
   */
  public static Path resource(Path folder, Class<?> beside, String name)
      throws UnavailableException {
    try (InputStream in = beside.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("resource missing: name=" + name);
      }
      return Files.write(folder.resolve(name), in.readAllBytes());
    } catch (IOException e) {
      throw new UnavailableException("cache cannot be written: folder=" + folder + ", " + e, e);
    }
  }
}
