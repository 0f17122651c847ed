package io.asynctx.tester;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.admin.CommandLine;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The command {@code demo}: arguments in, {@link DemoJob}, result and exit code out. */
@Component(property = CommandLine.NAME + "=demo")
public final class DemoCommand implements CommandLine {

  /** Exit code for a stripe whose parity does not fit its data. */
  static final int DAMAGED = 3;

  /** Exit code for a run after which something does not hold. */
  static final int NOT_HELD = 4;

  private static final Logger LOG = LoggerFactory.getLogger(DemoCommand.class);

  private static final String HELP =
      """
      usage: demo [FILE] [--out DIR] [--corrupt P|Q|DATA] [--json FILE] [--engine NAME] [--help]

      Lays FILE over the disks of a RAID-6 array, overwrites two blocks of every stripe and rebuilds
      them, all through AsyncTx, while the software driver is updated and another device comes and
      goes. Then holds the recovered file against the input and the operations against each other.

        FILE             what to protect; without it the image of the running JDK, lib/modules
        --out DIR        keep one raw file a disk, the recovered file and layout.json there
        --corrupt DISK   change one byte of P, Q or a data disk in the stripe in the middle, to see
                         it found (exit code 3)
        --json FILE      write what happened as JSON; - for standard output
        --engine NAME    the engine to use; without it: default

      exit codes: 0 all held, 1 failure, 3 damage found, 4 something did not hold, 64 usage or input
      """;

  private final BundleContext context;
  private final ConfigurationAdmin admin;

  /**
   * For Declarative Services.
   *
   * @param context of this bundle
   * @param admin to add a device with
   */
  @Activate
  public DemoCommand(BundleContext context, @Reference ConfigurationAdmin admin) {
    this.context = context;
    this.admin = admin;
  }

  @Override
  public String usage() {
    return "[FILE] [--out DIR] [--corrupt P|Q|DATA] [--json FILE]"
        + "  rebuild a damaged file while drivers are updated";
  }

  @Override
  public int run(List<String> arguments, PrintStream out, PrintStream err, boolean terminal)
      throws Exception {
    try {
      final Options options =
          Options.parse(
              arguments, Set.of("--help"), Set.of("--out", "--corrupt", "--json", "--engine"), 1);
      if (options.flag("--help")) {
        out.print(HELP);
        return 0;
      }
      final Order order = Order.of(options);
      try (Engine engine =
          Engine.open(context, options.value("--engine", DmaConstants.DEFAULT_ENGINE))) {
        final HotPlug hotPlug = OsgiHotPlug.of(context, admin, DemoJob.driver(engine));
        return run(order, engine, hotPlug, out, err, terminal);
      }
    } catch (UsageException e) {
      return failed(err, USAGE, e);
    } catch (Damage e) {
      return failed(err, DAMAGED, e);
    } catch (NoSuchFileException e) {
      return failed(err, FAILURE, new IOException("file vanished: file=" + e.getMessage(), e));
    } catch (IOException | IllegalStateException e) {
      return failed(err, FAILURE, e);
    } catch (OutOfMemoryError e) {
      return failed(
          err, FAILURE, new IOException("not enough memory: " + e.getMessage() + "; free some", e));
    }
  }

  private static int failed(PrintStream err, int code, Exception e) {
    LOG.debug("demo ended: exit={}", code, e);
    err.println("asynctx demo: " + Events.words(e));
    return code;
  }

  /** Runs a checked order on an engine that is there. */
  static int run(
      Order order,
      Engine engine,
      HotPlug hotPlug,
      PrintStream out,
      PrintStream err,
      boolean terminal)
      throws Exception {
    final Layout layout =
        new Layout(Layout.BLOCK_SIZE, Layout.DATA_DISKS, Files.size(order.input()));
    final Progress progress = new Progress(err, terminal, layout.inputBytes());
    final DemoResult result;
    try (DiskFiles files = order.openFiles(layout)) {
      final DemoJob job =
          new DemoJob(
              engine,
              order.input(),
              layout,
              files,
              order.disk(layout),
              progress,
              ThreadLocalRandom.current().nextLong());
      result = job.run(hotPlug);
    } finally {
      progress.end();
    }
    DemoReport.print(result, layout, order.out(), order.json().standardOutput() ? err : out);
    for (String failure : result.failures()) {
      err.println("asynctx demo: " + failure);
    }
    order.json().write(result, out);
    if (out.checkError()) {
      throw new IOException("the result could not be written: file=standard output");
    }
    return result.failures().isEmpty() ? 0 : NOT_HELD;
  }

  /**
   * Arguments, checked.
   *
   * @param input a readable file that is not empty
   * @param out where to keep the disks; null for nowhere
   * @param corrupt {@code P}, {@code Q}, {@code DATA}, or empty
   * @param json where to write the result
   */
  record Order(Path input, @Nullable Path out, String corrupt, JsonFile json) {

    static Order of(Options options) throws UsageException, IOException {
      final Path input =
          options.alone().isEmpty()
              ? Path.of(System.getProperty("java.home"), "lib", "modules")
              : JsonFile.path("argument=FILE", options.alone().get(0));
      checkInput(input);
      final String corrupt = options.value("--corrupt", "").toUpperCase(Locale.ROOT);
      if (!Set.of("", "P", "Q", "DATA").contains(corrupt)) {
        throw new UsageException(
            "unknown disk: option=--corrupt, value="
                + options.value("--corrupt")
                + ", known=P Q DATA");
      }
      final JsonFile json = JsonFile.of(options.value("--json"));
      final String out = options.value("--out");
      final Path folder = out == null ? null : checkFolder(out);
      checkApart(input, folder, json.file());
      return new Order(input, folder, corrupt, json);
    }

    /** No file that is written may be one that is read, or another that is written. */
    private static void checkApart(Path input, @Nullable Path folder, @Nullable Path json)
        throws UsageException, IOException {
      final Layout layout = new Layout(Layout.BLOCK_SIZE, Layout.DATA_DISKS, Files.size(input));
      if (json != null && same(json, input)) {
        throw new UsageException(
            "the result would replace the input: option=--json, file=" + json + "; choose another");
      }
      if (folder == null) {
        return;
      }
      for (String name : DiskFiles.names(layout)) {
        final Path file = folder.resolve(name);
        if (same(file, input) || same(folder.resolve(name + DiskFiles.PART), input)) {
          throw new UsageException(
              "the disks would replace the input: option=--out, file=" + file + "; choose another");
        }
        if (json != null && json.equals(file.toAbsolutePath())
            || json != null && same(file, json)) {
          throw new UsageException(
              "the result would replace a disk: option=--json, file=" + file + "; choose another");
        }
      }
    }

    private static boolean same(Path one, Path other) throws IOException {
      return Files.exists(one) && Files.exists(other) && Files.isSameFile(one, other);
    }

    private static void checkInput(Path input) throws UsageException, IOException {
      if (Files.isDirectory(input)) {
        throw new UsageException("input is a folder: file=" + input + "; name a file in it");
      }
      if (!Files.exists(input)) {
        throw new UsageException("input does not exist: file=" + input);
      }
      if (!Files.isRegularFile(input)) {
        throw new UsageException("input is no regular file: file=" + input + "; copy it to one");
      }
      if (!Files.isReadable(input)) {
        throw new UsageException("input is not readable: file=" + input + "; chmod +r it");
      }
      if (Files.size(input) == 0) {
        throw new UsageException(
            "input is empty: file=" + input + ", bytes=0, min=1; there is nothing to protect");
      }
    }

    private static Path checkFolder(String value) throws UsageException {
      final Path folder = JsonFile.path("option=--out", value);
      try {
        Files.createDirectories(folder);
      } catch (IOException e) {
        throw new UsageException(
            "cannot make the folder: option=--out, value="
                + value
                + ", reason="
                + e.getClass().getSimpleName()
                + "; choose another");
      }
      if (!Files.isWritable(folder)) {
        throw new UsageException("not writable: option=--out, value=" + value + "; choose another");
      }
      return folder;
    }

    DiskFiles openFiles(Layout layout) throws IOException {
      return out == null
          ? new DiskFiles(Files.createTempDirectory("asynctx-demo"), true, layout)
          : new DiskFiles(out, false, layout);
    }

    /** The disk to corrupt; for DATA, one in the middle. */
    @Nullable Integer disk(Layout layout) {
      return switch (corrupt) {
        case "P" -> layout.p();
        case "Q" -> layout.q();
        case "DATA" -> layout.dataDisks() / 2;
        default -> null;
      };
    }
  }
}
