package io.asynctx.validation.tier;

import io.asynctx.debian.Apt;
import io.asynctx.debian.UnavailableException;
import io.asynctx.debian.Unpacked;
import io.asynctx.validation.fetch.Elf;
import io.asynctx.validation.fetch.JavaRuntime;
import io.asynctx.validation.guest.Console;
import io.asynctx.validation.guest.Guest;
import io.asynctx.validation.guest.Initramfs;
import io.asynctx.validation.tier.Outcome.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * The distribution, with the bundles as they are shipped, runs in a guest over the guest kernel's
 * VFIO and IOMMU.
 *
 * <p>Threading: one thread.
 */
final class BundlesTier {

  /** System property with the folder of the distribution. */
  static final String DISTRIBUTION = "asynctx.validate.distribution";

  private static final Duration LIMIT = Duration.ofMinutes(8);
  private static final int MIB = 2048;
  private static final String CARD = "card0";

  /** The same words as those of the distribution's own script. */
  private static final String PLATFORM =
      """
      export LD_LIBRARY_PATH=/lib
      echo "asynctx:bundles=$(cd /asynctx/bundles; sha256sum *.jar | tr '\\n' ' ')"
      platform() {
        /java/bin/java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \\
          --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \\
          --sun-misc-unsafe-memory-access=allow -Dds.lock.timeout.milliseconds=30000 \\
          -Dlogback.configurationFile=/asynctx/etc/logback.xml -Dasynctx.home=/asynctx \\
          -Dasynctx.stdin.terminal=false -Dasynctx.stderr.terminal=false -Dasynctx.log=INFO \\
          -cp '/asynctx/boot/*' io.asynctx.launcher.Main "$@"
        echo "asynctx:exit-$1-$2=$?"
      }
      """;

  /** What the driver calls the function behind the first root port. */
  private static final String NAME = "ioat-01-00.0";

  /** The kit is run without an engine, which would take the device for itself. */
  private static final String DRIVER =
      """
      mv /asynctx/etc/io.asynctx.engine-default.cfg /tmp
      platform inside kit
      mv /tmp/io.asynctx.engine-default.cfg /asynctx/etc
      printf 'dma:await %1$s\\ndma:test --device %1$s --ops copy,xor,pq,recov,chain --iterations 5\\n' | platform
      platform inside pulled
      """
          .formatted(NAME);

  /** A kit that runs next to nothing must not look like a good driver. */
  private static final int LEAST_CONTRACTS = 40;

  private static final int LEAST_DESCRIPTORS = 500;

  private final Setting setting;

  BundlesTier(Setting setting) {
    this.setting = setting;
  }

  /**
   * The bus alone, with functions that the emulator's authors wrote.
   *
   * @return an outcome for each function
   * @throws UnavailableException if it cannot be run here
   * @throws InterruptedException if interrupted
   */
  List<Outcome> bus() throws UnavailableException, InterruptedException {
    final VfioGuest guest = VfioGuest.of(setting, List.of(0x1234_11e8, 0x8086_10d3));
    final Path distribution = into(guest.content());
    final List<String> devices = new ArrayList<>(VfioGuest.IOMMU);
    devices.addAll(List.of("-device", "edu"));
    devices.addAll(List.of("-device", "pcie-root-port,id=port0,slot=1"));
    devices.addAll(List.of("-device", "e1000e,bus=port0,id=" + CARD));
    final long start = System.nanoTime();
    final Console console =
        new Guest(setting.qemu(), setting.kernel().image(), setting.logs())
            .run(
                new Guest.Plan("C-bus", MIB, VfioGuest.OPTIONS, devices, LIMIT)
                    .pulling(CARD, "asynctx:pull=now"),
                guest.content(),
                guest.script()
                    + PLATFORM
                    + "platform inside edu\nplatform inside e1000e\nplatform inside removal\n");
    final double seconds = (System.nanoTime() - start) / 1e9;
    final List<Outcome> outcomes = new ArrayList<>();
    for (String name : List.of("edu", "e1000e", "removal")) {
      final List<String> wrong = wrong(console, "inside", name, distribution);
      if (!console.value(name).equals("passed")) {
        wrong.add("not passed: name=" + name);
      }
      outcomes.add(
          new Outcome(
              Tier.C,
              "pci-vfio: " + name,
              "",
              wrong.isEmpty() ? Verdict.PASSED : Verdict.FAILED,
              wrong.isEmpty() ? "group=" + console.value("group") : String.join(" | ", wrong),
              -1,
              seconds,
              console.log().toString()));
    }
    return outcomes;
  }

  /** What is wrong with one command of the platform in the guest. */
  private static List<String> wrong(Console console, String command, String name, Path distribution)
      throws UnavailableException {
    final List<String> wrong = new ArrayList<>();
    final String exit = console.value("exit-" + command + '-' + name);
    if (!exit.equals("0")) {
      wrong.add("exit=" + exit);
      console.lines().stream()
          .filter(l -> l.startsWith("asynctx: ") || l.contains("Exception"))
          .limit(2)
          .forEach(l -> wrong.add(l.strip()));
    }
    if (!console.trouble().isEmpty()) {
      wrong.add(console.trouble());
    }
    for (Path bundle : bundles(distribution)) {
      if (!console.value("bundles").contains(sha256(bundle) + "  " + bundle.getFileName())) {
        wrong.add("not the bundle of the distribution: bundle=" + bundle.getFileName());
      }
    }
    return wrong;
  }

  private static List<Path> bundles(Path distribution) throws UnavailableException {
    try (Stream<Path> all = Files.list(distribution.resolve("bundles"))) {
      return all.filter(f -> f.toString().endsWith(".jar")).sorted().toList();
    } catch (IOException e) {
      throw new UnavailableException("no distribution: folder=" + distribution + ", " + e, e);
    }
  }

  private static String sha256(Path file) throws UnavailableException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (IOException | NoSuchAlgorithmException e) {
      throw new UnavailableException("cannot be read: file=" + file + ", " + e, e);
    }
  }

  /** Adds a Java runtime, the distribution and the bundle of this room to a guest. */
  private Path into(Initramfs content) throws UnavailableException {
    final Path distribution = Path.of(System.getProperty(DISTRIBUTION, "distribution"));
    content.folder("asynctx", distribution);
    content.file("asynctx/bundles/" + InsideBundle.FILE, InsideBundle.write(setting.logs()));
    content.folder("java", JavaRuntime.link(setting.packages().cache()));
    final Unpacked libraries =
        setting
            .packages()
            .tree(
                "libc",
                () -> Apt.ofMachinesSuites(setting.packages().cache().folder("apt-machine")),
                "",
                List.of("libc6", "zlib1g", "libgcc-s1"),
                name -> true);
    final Elf elf = Elf.in(libraries.root());
    content.file("lib64/ld-linux-x86-64.so.2", elf.loader());
    for (String folder : elf.libraries().split(":")) {
      content.flat("lib", Path.of(folder));
    }
    return distribution;
  }

  /**
   * The I/OAT driver on one part.
   *
   * @param profile which part
   * @return an outcome for the kit, for the tester, and for the removal under load
   * @throws UnavailableException if it cannot be run here
   * @throws NoModelException if there is no model
   * @throws InterruptedException if interrupted
   */
  List<Outcome> run(Profile profile)
      throws UnavailableException, NoModelException, InterruptedException {
    final VfioGuest guest = VfioGuest.of(setting, List.of(0x8086_0000 | profile.device()));
    final Path distribution = into(guest.content());
    final List<String> devices = new ArrayList<>(VfioGuest.IOMMU);
    devices.addAll(List.of("-device", "pcie-root-port,id=" + Setting.PORT + ",slot=1"));
    final Setting.Run run =
        setting.run(
            new Guest.Plan("C-" + profile.word(), MIB, VfioGuest.OPTIONS, devices, LIMIT)
                .pulling(Setting.DEVICE, "asynctx:pull=now"),
            profile,
            List.of(),
            guest.content(),
            guest.script() + PLATFORM + DRIVER);
    final Console console = run.console();
    final List<String> kit = wrong(console, "inside", "kit", distribution);
    if (console.number("kit-contracts") < LEAST_CONTRACTS) {
      kit.add("too few contracts: passed=" + console.value("kit-contracts"));
    }
    final List<String> tester = wrong(console, "", "", distribution);
    for (String thread : profile.threads()) {
      if (console.lines().stream().noneMatch(l -> clean(l, thread))) {
        tester.add("no clean summary on the device: operation=" + thread);
      }
    }
    final List<String> pulled = wrong(console, "inside", "pulled", distribution);
    if (run.descriptors() < LEAST_DESCRIPTORS) {
      pulled.add("the model did too little: descriptors=" + run.descriptors());
    }
    return List.of(
        outcome("conformance kit", profile, run, kit, "kit-contracts"),
        outcome("tester", profile, run, tester, "group"),
        outcome("pulled under load", profile, run, pulled, "pulled"));
  }

  /** A line of the tester's summary, as of dmatest. */
  private static boolean clean(String line, String thread) {
    return line.startsWith(NAME) && line.contains('-' + thread) && line.contains(" 0 failures");
  }

  private static Outcome outcome(
      String check, Profile profile, Setting.Run run, List<String> wrong, String shown) {
    return new Outcome(
        Tier.C,
        check,
        profile.word(),
        wrong.isEmpty() ? Verdict.PASSED : Verdict.FAILED,
        wrong.isEmpty()
            ? shown + '=' + run.console().value(shown)
            : String.join(" | ", wrong.subList(0, Math.min(4, wrong.size()))),
        run.descriptors(),
        run.seconds(),
        run.console().log().toString());
  }
}
