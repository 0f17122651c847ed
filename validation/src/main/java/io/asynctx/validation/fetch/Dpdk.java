package io.asynctx.validation.fetch;

import io.asynctx.debian.Apt;
import io.asynctx.debian.DebianPackages;
import io.asynctx.debian.UnavailableException;
import io.asynctx.debian.Unpacked;
import io.asynctx.validation.guest.Initramfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * DPDK's test program with its drivers, of the suite of the machine.
 *
 * <p>Threading: one thread.
 *
 * @param files what was unpacked
 */
public record Dpdk(Unpacked files) {

  /** Where it is in the guest. */
  public static final String PROGRAM = "/usr/bin/dpdk-test";

  private static final String CANCEL = "libgcc_s.so.1";

  /** The driver under test, the bus it is on, and what the test itself needs. */
  private static final List<String> DRIVERS =
      List.of(
          "librte_dma_ioat.so",
          "librte_dma_skeleton.so",
          "librte_bus_pci.so",
          "librte_bus_vdev.so",
          "librte_mempool_ring.so");

  /**
   * Fetches it, or finds it in the cache.
   *
   * @param packages where from and where to
   * @return the files
   * @throws UnavailableException if it cannot be had
   */
  public static Dpdk fetch(DebianPackages packages) throws UnavailableException {
    return new Dpdk(
        packages.tree(
            "dpdk",
            () -> Apt.ofMachinesSuites(packages.cache().folder("apt-machine")),
            "",
            List.of("dpdk-dev", "librte-meta-all"),
            name -> name.startsWith("lib") && !name.endsWith("-dev") || name.equals("dpdk-dev")));
  }

  /**
   * Adds program, drivers and libraries to a guest. The drivers stand beside the libraries: the
   * program needs some of them itself, and one that is loaded from two places is two.
   *
   * @param content its file system
   * @return words for the program, which name the drivers
   * @throws UnavailableException if a part is missing
   */
  public String into(Initramfs content) throws UnavailableException {
    final Path program = files.file("dpdk-test");
    final List<Path> drivers = drivers();
    final List<Path> all = new ArrayList<>(drivers);
    all.add(program);
    final Elf elf = Elf.in(files.root());
    content.file(PROGRAM.substring(1), program);
    for (Path library : elf.needs(all)) {
      content.file("usr/lib/" + library.getFileName(), library);
    }
    for (Path driver : drivers) {
      content.file("usr/lib/" + driver.getFileName(), driver);
    }
    // The C library loads it by its name when a thread is cancelled.
    content.file("usr/lib/" + CANCEL, files.file(CANCEL));
    content.file("lib64/ld-linux-x86-64.so.2", elf.loader());
    return drivers.stream()
        .map(d -> " -d /usr/lib/" + d.getFileName())
        .collect(Collectors.joining());
  }

  /** The newest of each, as a library of its version. */
  private List<Path> drivers() throws UnavailableException {
    final List<Path> drivers = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(files.root())) {
      final List<Path> libraries =
          walk.filter(Files::isRegularFile).filter(f -> f.toString().contains(".so")).toList();
      for (String driver : DRIVERS) {
        drivers.add(
            libraries.stream()
                .filter(f -> String.valueOf(f.getFileName()).startsWith(driver))
                .findFirst()
                .orElseThrow(() ->
                    new UnavailableException(
                        "no driver: name=" + driver + ", in=" + files.root())));
      }
      return drivers;
    } catch (IOException e) {
      throw new UnavailableException("cannot be read: folder=" + files.root() + ", " + e, e);
    }
  }
}
