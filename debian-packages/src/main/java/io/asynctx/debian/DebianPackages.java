package io.asynctx.debian;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Debian packages, fetched by the machine's own apt from the places that it is told of, and
 * unpacked into a cache. What is in the cache is used again; a folder that is deleted is fetched
 * anew, then the newest there is.
 *
 * <p>Threading: one thread.
 *
 * @param cache where they stay
 */
public record DebianPackages(Cache cache) {

  /** Newest first; what cannot be fetched is passed over. */
  private static final List<String> NEWER = List.of("sid", "trixie");

  /**
   * A package of the suite that the machine's apt knows, without what it depends on.
   *
   * @param name of the package
   * @return its files
   * @throws UnavailableException if it cannot be had
   */
  public Unpacked own(String name) throws UnavailableException {
    final Unpacked before = Unpacked.in(cache.folder("own-" + name));
    return before != null ? before : fetch(name, "own", Apt.ofMachine());
  }

  /**
   * A package of the newest suite that can be fetched, without what it depends on.
   *
   * @param name of the package
   * @return its files
   * @throws UnavailableException if it cannot be had
   */
  public Unpacked newest(String name) throws UnavailableException {
    final List<String> reasons = new ArrayList<>();
    for (String suite : NEWER) {
      try {
        final Unpacked before = Unpacked.in(cache.folder(suite + '-' + name));
        return before != null
            ? before
            : fetch(name, suite, Apt.ofSuites(cache.folder("apt-" + suite), List.of(suite)));
      } catch (UnavailableException e) {
        reasons.add(suite + ": " + e.reason());
      }
    }
    throw new UnavailableException(
        "no newer suite can be fetched: package=" + name + ", tried=" + reasons);
  }

  private Unpacked fetch(String name, String suite, Apt apt) throws UnavailableException {
    final Path folder = cache.folder(suite + '-' + name);
    final List<Path> debs = apt.download(folder, List.of(name));
    return Unpacked.of(folder, version(folder, debs.getFirst()), debs);
  }

  /**
   * Packages with all they depend on, in one tree.
   *
   * @param title name of the folder in the cache
   * @param apt where from
   * @param suite to prefer; empty for none
   * @param names packages wanted; the version of the first names the tree
   * @param wanted which of them and of those they depend on are unpacked, by name
   * @return their files
   * @throws UnavailableException if they cannot be had
   */
  public Unpacked tree(
      String title, AptSource apt, String suite, List<String> names, Predicate<String> wanted)
      throws UnavailableException {
    final Path folder = cache.folder(title);
    final Unpacked before = Unpacked.in(folder);
    if (before != null) {
      return before;
    }
    final Apt source = apt.open();
    final String version = source.candidate(folder, names.getFirst(), suite);
    final List<String> all =
        source.closure(folder, suite, names).stream()
            .filter(p -> wanted.test(p.substring(0, p.indexOf('='))))
            .toList();
    final List<Path> debs = source.download(folder, all);
    final Unpacked made = Unpacked.of(folder, version, debs);
    try {
      for (Path deb : debs) {
        Files.delete(deb);
      }
    } catch (IOException e) {
      throw new UnavailableException("cache cannot be written: folder=" + folder + ", " + e, e);
    }
    return made;
  }

  /** Opened only if something has to be fetched. */
  @FunctionalInterface
  public interface AptSource {
    /**
     * Fetches its lists.
     *
     * @return ready to fetch packages
     * @throws UnavailableException if there is no apt, or no list can be fetched
     */
    Apt open() throws UnavailableException;
  }

  private static String version(Path folder, Path deb) throws UnavailableException {
    return Program.run(folder, List.of("dpkg-deb", "-f", deb.toString(), "Version"));
  }
}
