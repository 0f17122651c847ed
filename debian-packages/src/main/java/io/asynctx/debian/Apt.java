package io.asynctx.debian;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The machine's apt, either as it is or on lists of its own in a folder. The places packages come
 * from are those that the machine's apt is told of; if it has never fetched its lists, Debian's
 * usual place.
 *
 * <p>Threading: one thread.
 */
public final class Apt {

  private static final String KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg";

  private final List<String> options;

  private Apt(List<String> options) {
    this.options = options;
  }

  /**
   * One that knows what the machine knows.
   *
   * @return with the machine's own lists
   */
  public static Apt ofMachine() {
    return new Apt(List.of());
  }

  /**
   * One with lists of its own, of the suites that the machine's apt knows, fetched now. It takes
   * nothing for installed.
   *
   * @param folder where its lists are
   * @return ready to fetch
   * @throws UnavailableException if there is no apt, or no list can be fetched
   */
  public static Apt ofMachinesSuites(Path folder) throws UnavailableException {
    final List<String> lines =
        places(folder).stream().map(p -> p.uri() + ' ' + p.suite() + ' ' + p.component()).toList();
    return fetched(folder, lines);
  }

  /**
   * One with lists of its own, of other suites of the same archive, fetched now. It takes nothing
   * for installed.
   *
   * @param folder where its lists are
   * @param suites e.g. stable and stable-backports
   * @return ready to fetch
   * @throws UnavailableException if there is no apt, or no list can be fetched
   */
  public static Apt ofSuites(Path folder, List<String> suites) throws UnavailableException {
    final String uri = places(folder).getFirst().uri();
    return fetched(folder, suites.stream().map(s -> uri + ' ' + s + " main").toList());
  }

  private record Place(String uri, String suite, String component) {}

  /** Where the machine's apt gets Debian from; never empty. */
  private static List<Place> places(Path folder) throws UnavailableException {
    final String origin = "Debian ";
    final List<Place> places =
        Program.run(
                folder,
                List.of(
                    "apt-get",
                    "indextargets",
                    "--format",
                    "$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)",
                    "Identifier: Packages"))
            .lines()
            .filter(l -> l.startsWith(origin))
            .map(l -> l.substring(origin.length()).split(" "))
            .filter(w -> w.length == 3)
            .map(w -> new Place(w[0], w[1], w[2]))
            .distinct()
            .toList();
    if (places.isEmpty()) {
      throw new UnavailableException(
          "the machine's apt knows no place of Debian's; run apt-get update");
    }
    return places;
  }

  private static Apt fetched(Path folder, List<String> lines) throws UnavailableException {
    final Path sources = folder.resolve("sources.list");
    final Path status = folder.resolve("status");
    try {
      Files.createDirectories(folder.resolve("lists/partial"));
      Files.createDirectories(folder.resolve("cache/archives/partial"));
      Files.write(sources, lines.stream().map(l -> "deb [signed-by=" + KEYS + "] " + l).toList());
      Files.writeString(status, "");
    } catch (IOException e) {
      throw new UnavailableException("cache cannot be written: folder=" + folder + ", " + e, e);
    }
    final Apt apt =
        new Apt(
            List.of(
                "-o",
                "Dir::Etc::sourcelist=" + sources,
                "-o",
                "Dir::Etc::sourceparts=/dev/null",
                "-o",
                "Dir::State::lists=" + folder.resolve("lists"),
                "-o",
                "Dir::State::status=" + status,
                "-o",
                "Dir::Cache=" + folder.resolve("cache"),
                "-o",
                "Acquire::Languages=none",
                "-o",
                "APT::Install-Recommends=false",
                // The cache belongs to the user, and apt's own user may not write there.
                "-o",
                "APT::Sandbox::User="));
    Program.run(folder, apt.command("apt-get", "update"));
    return apt;
  }

  private List<String> command(String program, String... words) {
    final List<String> command = new ArrayList<>();
    command.add(program);
    command.addAll(options);
    command.addAll(List.of(words));
    return command;
  }

  /**
   * The newest version that one of the suites has.
   *
   * @param folder where to run
   * @param name of a package
   * @param suite to prefer; empty for none
   * @return its version; empty if there is no such package
   * @throws UnavailableException if apt fails
   */
  public String candidate(Path folder, String name, String suite) throws UnavailableException {
    final String mark = "Candidate: ";
    return Program.run(folder, command("apt-cache", preferring(suite, "policy", name)))
        .lines()
        .map(String::strip)
        .filter(l -> l.startsWith(mark))
        .map(l -> l.substring(mark.length()))
        .filter(v -> !v.equals("(none)"))
        .findFirst()
        .orElse("");
  }

  /**
   * Packages and all they depend on.
   *
   * @param folder where to run
   * @param suite to prefer; empty for none
   * @param names packages wanted
   * @return names with versions, as apt takes them
   * @throws UnavailableException if apt cannot bring them together
   */
  public List<String> closure(Path folder, String suite, List<String> names)
      throws UnavailableException {
    final List<String> words = new ArrayList<>(List.of("install", "--simulate"));
    words.addAll(names);
    return Program.run(folder, command("apt-get", preferring(suite, words.toArray(String[]::new))))
        .lines()
        .filter(l -> l.startsWith("Inst "))
        .map(l -> l.split(" "))
        .map(w -> w[1] + '=' + w[2].substring(1))
        .toList();
  }

  private static String[] preferring(String suite, String... words) {
    if (suite.isEmpty()) {
      return words;
    }
    return Stream.concat(Stream.of("-t", suite), Stream.of(words)).toArray(String[]::new);
  }

  /**
   * Fetches packages, without what they depend on.
   *
   * @param folder where the files go; nothing else may be in it that ends in .deb
   * @param names packages, each with or without its version
   * @return the files
   * @throws UnavailableException if one cannot be had
   */
  public List<Path> download(Path folder, List<String> names) throws UnavailableException {
    final List<String> words = new ArrayList<>(List.of("-o", "APT::Sandbox::User=", "download"));
    words.addAll(names);
    Program.run(folder, command("apt-get", words.toArray(String[]::new)));
    try (Stream<Path> files = Files.list(folder)) {
      final List<Path> debs = files.filter(f -> f.toString().endsWith(".deb")).sorted().toList();
      if (debs.isEmpty()) {
        throw new UnavailableException("apt brought nothing: packages=" + names);
      }
      return debs;
    } catch (IOException e) {
      throw new UnavailableException("cache cannot be read: folder=" + folder + ", " + e, e);
    }
  }
}
