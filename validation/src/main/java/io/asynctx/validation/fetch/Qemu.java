package io.asynctx.validation.fetch;

import io.asynctx.debian.Apt;
import io.asynctx.debian.DebianPackages;
import io.asynctx.debian.Program;
import io.asynctx.debian.UnavailableException;
import io.asynctx.debian.Unpacked;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An emulator that lets another process be a PCI function of its guest.
 *
 * <p>Threading: any thread.
 *
 * @param version of the package
 * @param command how it is started: the program and where its own files are
 */
public record Qemu(String version, List<String> command) {

  /** What is needed of it; packaged QEMU has had it since 10.1. */
  private static final String DEVICE = "vfio-user-pci";

  private static final int MAJOR = 10;
  private static final int MINOR = 1;
  private static final String PACKAGE = "qemu-system-x86";
  private static final Pattern VERSION = Pattern.compile("(?:[0-9]+:)?([0-9]+)\\.([0-9]+).*");

  /** Settled ones first; the last suite of each line is preferred. */
  private static final List<List<String>> SUITES =
      List.of(
          List.of("stable"),
          List.of("stable", "stable-backports"),
          List.of("testing"),
          List.of("unstable"));

  /** Where Debian's program looks for firmware that it did not bring itself. */
  private static final List<String> DATA =
      List.of("usr/share/qemu", "usr/share/seabios", "usr/lib/ipxe/qemu");

  /**
   * Fetches the most settled one, or finds it in the cache.
   *
   * @param packages where from and where to
   * @return one that can be started
   * @throws UnavailableException if no suite has one
   */
  public static Qemu fetch(DebianPackages packages) throws UnavailableException {
    final List<String> reasons = new ArrayList<>();
    for (List<String> suites : SUITES) {
      final String suite = suites.getLast();
      try {
        return of(
            packages.tree(
                "qemu-" + suite,
                () -> checked(packages, suites),
                suite,
                List.of(PACKAGE),
                name -> true));
      } catch (UnavailableException e) {
        reasons.add(suite + ": " + e.reason());
      }
    }
    throw new UnavailableException(
        "no QEMU with " + DEVICE + ": package=" + PACKAGE + ", tried=" + reasons);
  }

  private static Apt checked(DebianPackages packages, List<String> suites)
      throws UnavailableException {
    final Path folder = packages.cache().folder("apt-" + suites.getLast());
    final Apt apt = Apt.ofSuites(folder, suites);
    final String version = apt.candidate(folder, PACKAGE, suites.getLast());
    if (!hasDevice(version)) {
      throw new UnavailableException(
          "version=" + version + ", wanted=" + MAJOR + '.' + MINOR + " or later");
    }
    return apt;
  }

  /**
   * Whether a version can be expected to have what is needed.
   *
   * @param version as Debian writes it
   * @return false also if it is no version
   */
  static boolean hasDevice(String version) {
    final Matcher numbers = VERSION.matcher(version);
    if (!numbers.matches()) {
      return false;
    }
    final int major = Integer.parseInt(numbers.group(1));
    return major > MAJOR || major == MAJOR && Integer.parseInt(numbers.group(2)) >= MINOR;
  }

  private static Qemu of(Unpacked files) throws UnavailableException {
    final Elf elf = Elf.in(files.root());
    final List<String> command =
        new ArrayList<>(elf.command(files.root().resolve("usr/bin/qemu-system-x86_64")));
    for (String data : DATA) {
      command.add("-L");
      command.add(files.root().resolve(data).toString());
    }
    final List<String> help = new ArrayList<>(command);
    help.addAll(List.of("-machine", "none", "-device", "help"));
    if (!Program.run(files.root(), help).contains(DEVICE)) {
      throw new UnavailableException("version=" + files.version() + " is built without it");
    }
    return new Qemu(files.version(), List.copyOf(command));
  }
}
