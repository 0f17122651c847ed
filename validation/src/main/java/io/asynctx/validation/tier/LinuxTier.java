package io.asynctx.validation.tier;

import io.asynctx.debian.UnavailableException;
import io.asynctx.validation.guest.Guest;
import io.asynctx.validation.guest.Initramfs;
import io.asynctx.validation.guest.Modules;
import io.asynctx.validation.tier.Outcome.Verdict;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The packaged kernel's ioatdma takes the model for its hardware, tests it when it starts, and then
 * serves dmatest and raid6test.
 *
 * <p>Threading: one thread.
 */
final class LinuxTier {

  private static final Duration LIMIT = Duration.ofMinutes(6);
  private static final List<String> ALWAYS = List.of("dca", "ioatdma");
  private static final List<String> RAID6 =
      List.of("async_memcpy", "async_xor", "async_pq", "async_raid6_recov", "raid6test");

  /** What is told again and again; only CPU 0 is there. */
  private static final String FUNCTIONS =
      """
      interrupts() {
        echo "asynctx:interrupts-$1=$(awk '/ioat/ { n += $2 } END { print n + 0 }' /proc/interrupts)"
      }
      """;

  private static final String PROBED =
      """
      echo "asynctx:channels=$(ls /sys/class/dma | tr '\\n' ' ')"
      interrupts probe
      echo asynctx:probed=yes
      """;

  /** It is removed again, for it keeps the channel to itself. */
  private static final String DMATEST =
      """
      insmod /modules/dmatest.ko iterations=%d timeout=10000 run=0
      cd /sys/module/dmatest/parameters
      echo 16384 > test_buf_size
      echo %s > channel
      echo 1 > run
      cat wait > /dev/null
      cd /
      rmmod dmatest
      interrupts dmatest
      echo asynctx:dmatest-ended=yes
      """
          .formatted(LinuxJudge.ITERATIONS, LinuxJudge.CHANNEL);

  private static final String RAID6TEST =
      """
      interrupts raid6test
      echo asynctx:raid6test-ended=yes
      """;

  private final Setting setting;

  LinuxTier(Setting setting) {
    this.setting = setting;
  }

  /**
   * Runs the kernel's driver and tests on one part.
   *
   * @param profile which part
   * @return one outcome for each that can judge it
   * @throws UnavailableException if it cannot be run here
   * @throws NoModelException if there is no model
   * @throws InterruptedException if interrupted
   */
  List<Outcome> run(Profile profile)
      throws UnavailableException, NoModelException, InterruptedException {
    final Setting.Run run = boot("A-" + profile.word(), profile, List.of(), LIMIT);
    final LinuxJudge judge = judge(run, profile);
    final List<Outcome> outcomes = new ArrayList<>();
    outcomes.add(outcome("ioatdma self-test", profile, run, judge, LinuxJudge::probe));
    outcomes.add(
        outcome(
            "dmatest " + String.join(" ", profile.threads()),
            profile,
            run,
            judge,
            LinuxJudge::dmatest));
    if (profile.raid()) {
      outcomes.add(outcome("raid6test", profile, run, judge, LinuxJudge::raid6test));
    }
    return outcomes;
  }

  static LinuxJudge judge(Setting.Run run, Profile profile) {
    return new LinuxJudge(run.console(), profile, run.descriptors());
  }

  private static Outcome outcome(
      String check,
      Profile profile,
      Setting.Run run,
      LinuxJudge judge,
      Function<LinuxJudge, List<String>> question) {
    final List<String> wrong = question.apply(judge);
    return new Outcome(
        Tier.A,
        check,
        profile.word(),
        wrong.isEmpty() ? Verdict.PASSED : Verdict.FAILED,
        wrong.isEmpty() ? seen(run, check) : String.join(" | ", wrong),
        run.descriptors(),
        run.seconds(),
        run.console().log().toString());
  }

  private static String seen(Setting.Run run, String check) {
    final String step = check.startsWith("ioatdma") ? "probe" : check.split(" ")[0];
    return "interrupts so far=" + run.console().value("interrupts-" + step);
  }

  /**
   * Boots a guest that runs everything the part is able to.
   *
   * @param name of the guest
   * @param profile which part
   * @param options further words for the model
   * @param limit how long the guest may run
   * @return what it came to
   * @throws UnavailableException if it cannot be run here
   * @throws NoModelException if there is no model
   * @throws InterruptedException if interrupted
   */
  Setting.Run boot(String name, Profile profile, List<String> options, Duration limit)
      throws UnavailableException, NoModelException, InterruptedException {
    final Modules modules = setting.kernel().modulesAndTests();
    final List<Path> driver = modules.inOrder(ALWAYS);
    final List<Path> dmatest = modules.inOrder(List.of("dmatest"));
    final List<Path> raid6 = modules.inOrder(RAID6);
    final Initramfs content =
        new Initramfs(setting.kernel().busybox()).modules(driver).modules(dmatest).modules(raid6);
    final StringBuilder script = new StringBuilder(FUNCTIONS);
    script.append(Initramfs.load(driver)).append(PROBED).append(DMATEST);
    if (profile.raid()) {
      script.append(Initramfs.load(raid6)).append(RAID6TEST);
    }
    return setting.run(
        new Guest.Plan(name, Guest.USUAL_MIB, "", List.of(), limit),
        profile,
        options,
        content,
        script.toString());
  }
}
