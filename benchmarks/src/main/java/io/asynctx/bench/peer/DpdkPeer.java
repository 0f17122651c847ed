package io.asynctx.bench.peer;

import io.asynctx.bench.Pairs;
import io.asynctx.debian.Cache;
import io.asynctx.debian.Program;
import io.asynctx.debian.UnavailableException;
import io.asynctx.debian.Unpacked;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * DPDK's dma_skeleton: a driver without a device, whose thread does the copies. It runs in a
 * process of its own, on buffers of its own, and is told how many copies to make whenever its turn
 * comes. Its thread sleeps when it has nothing to do.
 */
public final class DpdkPeer implements HandOffPeer {

  /** Its name in the table. */
  public static final String TITLE = "DPDK dma_skeleton";

  private static final String EAL = "librte-eal23";
  private static final List<String> LIBRARIES =
      List.of(
          EAL,
          "librte-dmadev23",
          "librte-dma-skeleton23",
          "librte-bus-vdev23",
          "librte-kvargs23",
          "librte-telemetry23",
          "librte-ring23",
          "librte-mempool23",
          "librte-rcu23",
          "libnuma1",
          "libbsd0",
          "libmd0",
          "libfdt1");
  private static final String ANSWER = "nanos=";

  private final Path program;
  private final Path driver;
  private final String paths;
  private final String version;

  private DpdkPeer(Path program, Path driver, String paths, String version) {
    this.program = program;
    this.driver = driver;
    this.paths = paths;
    this.version = version;
  }

  /**
   * Fetches the libraries and compiles the program, or finds both.
   *
   * @return the peer
   * @throws UnavailableException if that cannot be done here
   */
  public static DpdkPeer make() throws UnavailableException {
    final List<String> folders = new ArrayList<>();
    String version = "";
    for (String name : LIBRARIES) {
      final Unpacked unpacked = Peers.PACKAGES.own(name);
      folders.add(unpacked.folderOf(".so"));
      version = name.equals(EAL) ? unpacked.version() : version;
    }
    final Path headers = Peers.PACKAGES.own("libdpdk-dev").root().resolve("usr/include");
    final Path program = compile(headers, folders);
    final Path driver =
        Peers.PACKAGES.own("librte-dma-skeleton23").file("librte_dma_skeleton.so.23");
    return new DpdkPeer(program, driver, String.join(":", folders), "DPDK " + version);
  }

  private static Path compile(Path headers, List<String> folders) throws UnavailableException {
    final Path folder = Peers.CACHE.folder("skeleton");
    final Path source = Cache.resource(folder, DpdkPeer.class, "skeleton.c");
    final Path program = folder.resolve("skeleton");
    final List<String> command =
        new ArrayList<>(
            List.of("gcc", "-O3", "-march=native", "-DALLOW_EXPERIMENTAL_API", source.toString()));
    final String machine = Program.run(folder, List.of("gcc", "-print-multiarch"));
    for (String include : List.of("dpdk", machine + "/dpdk", machine)) {
      command.add("-I" + headers.resolve(include));
    }
    for (String libraries : folders) {
      command.add("-L" + libraries);
      command.add("-Wl,-rpath-link," + libraries);
    }
    command.addAll(
        List.of("-l:librte_eal.so.23", "-l:librte_dmadev.so.23", "-o", program.toString()));
    Program.run(folder, command);
    return program;
  }

  @Override
  public String title() {
    return TITLE;
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public Link open(Pairs pairs) throws UnavailableException {
    try {
      final ProcessBuilder builder =
          new ProcessBuilder(
              program.toString(),
              "-l",
              "0",
              "--no-huge",
              "-m",
              "128",
              "--no-pci",
              "--no-shconf",
              "--no-telemetry",
              "--log-level=error",
              "-d",
              driver.toString(),
              "--vdev=dma_skeleton,lcore=1",
              "--",
              Integer.toString(pairs.length));
      builder.environment().put("LD_LIBRARY_PATH", paths);
      final Path log = Files.createTempFile("asynctx-bench-", ".log");
      final Process process = builder.redirectError(log.toFile()).start();
      final Remote remote = new Remote(process);
      try {
        remote.run(Pairs.COUNT);
      } catch (UncheckedIOException e) {
        throw new UnavailableException(
            TITLE + " does not start, and says: " + Files.readString(log).strip(), e);
      } finally {
        Files.delete(log);
      }
      return remote;
    } catch (IOException e) {
      throw new UnavailableException(TITLE + " cannot be started: " + e.getMessage(), e);
    }
  }

  /** The other process. */
  private static final class Remote implements Link {
    private final Process process;
    private final PrintWriter orders;
    private final BufferedReader answers;

    Remote(Process process) {
      this.process = process;
      orders = new PrintWriter(process.outputWriter(StandardCharsets.US_ASCII), true);
      answers =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
    }

    @Override
    public String name() {
      return TITLE;
    }

    @Override
    public long run(long operations) {
      orders.println(operations);
      try {
        String line;
        while ((line = answers.readLine()) != null) {
          if (line.startsWith(ANSWER)) {
            return Long.parseLong(line.substring(ANSWER.length()));
          }
        }
        throw new IOException("it ended");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      process.destroy();
    }
  }
}
