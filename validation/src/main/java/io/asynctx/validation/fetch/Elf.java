package io.asynctx.validation.fetch;

import io.asynctx.debian.Program;
import io.asynctx.debian.UnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Programs of an unpacked tree, which run with the loader and the libraries of that tree.
 *
 * <p>Threading: any thread.
 *
 * @param loader of the tree
 * @param libraries folders of its libraries, colons between them
 */
public record Elf(Path loader, String libraries) {

  private static final String LOADER = "ld-linux-x86-64.so.2";

  /** Where Debian keeps libraries that programs find by other ways than the usual path. */
  private static final List<String> FURTHER = List.of("pulseaudio", "blas", "lapack");

  /**
   * What a tree has.
   *
   * @param root of the tree
   * @return its loader and libraries
   * @throws UnavailableException if it has none
   */
  public static Elf in(Path root) throws UnavailableException {
    final List<Path> usual =
        Stream.of("lib64", "usr/lib64", "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu")
            .map(root::resolve)
            .filter(Files::isDirectory)
            .toList();
    for (Path folder : usual) {
      // A link of the package may point to the machine's own loader; the file itself never does.
      final Path loader = folder.resolve(LOADER);
      if (Files.isRegularFile(loader) && !absolute(loader)) {
        final String libraries =
            Stream.concat(
                    usual.stream(), usual.stream().flatMap(f -> FURTHER.stream().map(f::resolve)))
                .filter(Files::isDirectory)
                .map(Path::toString)
                .collect(Collectors.joining(":"));
        return new Elf(loader, libraries);
      }
    }
    throw new UnavailableException("no loader: name=" + LOADER + ", in=" + root);
  }

  private static boolean absolute(Path loader) throws UnavailableException {
    try {
      return Files.isSymbolicLink(loader) && Files.readSymbolicLink(loader).isAbsolute();
    } catch (IOException e) {
      throw new UnavailableException("cannot be read: file=" + loader + ", " + e, e);
    }
  }

  /**
   * How a program of the tree is started.
   *
   * @param program its file
   * @return words before its own arguments
   */
  public List<String> command(Path program) {
    return List.of(loader.toString(), "--library-path", libraries, program.toString());
  }

  /**
   * The libraries that files need, and those these need.
   *
   * @param files programs and libraries
   * @return their files, without those given
   * @throws UnavailableException if one is missing
   */
  public TreeSet<Path> needs(List<Path> files) throws UnavailableException {
    final TreeSet<Path> needs = new TreeSet<>();
    for (Path file : files) {
      final String said =
          Program.run(
              loader.getParent() == null ? loader : loader.getParent(),
              List.of(loader.toString(), "--library-path", libraries, "--list", file.toString()));
      for (String line : said.lines().toList()) {
        final int arrow = line.indexOf(" => ");
        if (arrow >= 0) {
          needs.add(Path.of(line.substring(arrow + " => ".length()).replaceAll(" \\(0x.*", "")));
        }
      }
    }
    return needs;
  }
}
