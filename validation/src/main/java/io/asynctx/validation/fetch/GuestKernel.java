package io.asynctx.validation.fetch;

import io.asynctx.debian.Apt;
import io.asynctx.debian.Cache;
import io.asynctx.debian.DebianPackages;
import io.asynctx.debian.Program;
import io.asynctx.debian.UnavailableException;
import io.asynctx.debian.Unpacked;
import io.asynctx.validation.guest.Modules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The kernel of the guests: of the suite of the machine, whose compiler fits, with busybox and with
 * the kernel's own tests, which are built here from its packaged source and shipped by nobody.
 *
 * <p>Threading: one thread.
 */
public final class GuestKernel {

  private static final List<String> PACKAGES =
      List.of("linux-image-amd64", "linux-headers-amd64", "linux-source", "busybox-static");

  /** Of those they depend on, what is more than a tool of an installation. */
  private static final List<String> KINDS =
      List.of("linux-image-", "linux-headers-", "linux-kbuild-", "linux-source", "busybox-static");

  /** Single files of the kernel that Debian does not build. */
  private static final List<String> TESTS =
      List.of("drivers/dma/dmatest.c", "crypto/async_tx/raid6test.c");

  private static final String MAKEFILE = "obj-m := dmatest.o raid6test.o\n";

  private final Unpacked files;
  private final String release;
  private final Path folder;

  private GuestKernel(Unpacked files, String release, Path folder) {
    this.files = files;
    this.release = release;
    this.folder = folder;
  }

  /**
   * Fetches it, or finds it in the cache.
   *
   * @param packages where from and where to
   * @return a kernel that can be started
   * @throws UnavailableException if it cannot be had
   */
  public static GuestKernel fetch(DebianPackages packages) throws UnavailableException {
    final Cache cache = packages.cache();
    final Unpacked files =
        packages.tree(
            "kernel",
            () -> Apt.ofMachinesSuites(cache.folder("apt-machine")),
            "",
            PACKAGES,
            name -> KINDS.stream().anyMatch(name::startsWith));
    final String prefix = "vmlinuz-";
    try (Stream<Path> boot = Files.list(files.root().resolve("boot"))) {
      final String image =
          boot.map(f -> String.valueOf(f.getFileName()))
              .filter(n -> n.startsWith(prefix))
              .findFirst()
              .orElseThrow(() -> new UnavailableException("no kernel: in=" + files.root()));
      return new GuestKernel(
          files, image.substring(prefix.length()), cache.folder("kernel-" + files.version()));
    } catch (IOException e) {
      throw new UnavailableException("cache cannot be read: folder=" + files.root(), e);
    }
  }

  /**
   * Its release.
   *
   * @return as the kernel itself calls it
   */
  public String release() {
    return release;
  }

  /**
   * What is started.
   *
   * @return its file
   */
  public Path image() {
    return files.root().resolve("boot/vmlinuz-" + release);
  }

  /**
   * The program that is all programs of the guest.
   *
   * @return its file
   * @throws UnavailableException if it is missing
   */
  public Path busybox() throws UnavailableException {
    return files.file("busybox");
  }

  /**
   * The packaged modules.
   *
   * @return by name
   * @throws UnavailableException if they cannot be read
   */
  public Modules modules() throws UnavailableException {
    return new Modules(List.of(packaged()), made("modules"));
  }

  /**
   * The packaged modules, and the kernel's own tests, built if they are not.
   *
   * @return by name
   * @throws UnavailableException if they cannot be built
   */
  public Modules modulesAndTests() throws UnavailableException {
    return new Modules(List.of(packaged(), tests()), made("modules"));
  }

  private Path packaged() {
    final Path merged = files.root().resolve("usr/lib/modules");
    return (Files.isDirectory(merged) ? merged : files.root().resolve("lib/modules"))
        .resolve(release);
  }

  private Path made(String name) throws UnavailableException {
    return new Cache(folder).folder(name);
  }

  private Path tests() throws UnavailableException {
    final Path built = folder.resolve("tests");
    if (Files.isDirectory(built)) {
      return built;
    }
    final Path work = made("tests-part");
    try {
      final Path source = sourceArchive();
      final String top = String.valueOf(source.getFileName()).replaceFirst("\\.tar\\..*", "");
      final List<String> words =
          Stream.concat(
                  Stream.of("tar", "--strip-components=3", "-xf", source.toString()),
                  TESTS.stream().map(t -> top + '/' + t))
              .toList();
      Program.run(work, words);
      Files.writeString(work.resolve("Makefile"), MAKEFILE);
      Program.run(work, List.of("make", "-C", headers().toString(), "M=" + work, "modules"));
      Files.move(work, built);
      return built;
    } catch (IOException e) {
      throw new UnavailableException("cache cannot be written: folder=" + folder + ", " + e, e);
    }
  }

  private Path sourceArchive() throws UnavailableException {
    try (Stream<Path> all = Files.list(files.root().resolve("usr/src"))) {
      return all.filter(f -> f.toString().contains(".tar."))
          .findFirst()
          .orElseThrow(() -> new UnavailableException("no source: in=" + files.root()));
    } catch (IOException e) {
      throw new UnavailableException("cache cannot be read: folder=" + files.root(), e);
    }
  }

  /** Its Makefile names the folder that the package would be installed to. */
  private Path headers() throws IOException {
    final Path headers = files.root().resolve("usr/src/linux-headers-" + release);
    final Path makefile = headers.resolve("Makefile");
    final String lines = Files.readString(makefile);
    final String moved =
        lines.replaceAll("(?m)^include /usr/src/", "include " + headers.getParent() + '/');
    if (!moved.equals(lines)) {
      Files.writeString(makefile, moved);
    }
    return headers;
  }
}
