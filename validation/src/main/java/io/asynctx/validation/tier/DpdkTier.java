package io.asynctx.validation.tier;

import io.asynctx.debian.UnavailableException;
import io.asynctx.validation.fetch.Dpdk;
import io.asynctx.validation.guest.Guest;
import io.asynctx.validation.tier.Outcome.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * DPDK's driver works the model from a program of the guest, through vfio-pci and an emulated
 * IOMMU.
 *
 * <p>Threading: one thread.
 */
final class DpdkTier {

  private static final Duration LIMIT = Duration.ofMinutes(9);
  private static final int MIB = 1536;
  private static final String OPTIONS = VfioGuest.OPTIONS + " hugepages=256";

  private static final String TEST =
      """
      mkdir -p /dev/hugepages /var/run
      mount -t hugetlbfs none /dev/hugepages
      export LD_LIBRARY_PATH=/usr/lib
      echo dmadev_autotest > /tmp/words
      echo quit >> /tmp/words
      %s -l 0 -m 256 --no-telemetry --iova-mode=va -a $A%s < /tmp/words
      echo "asynctx:exit=$?"
      """;

  /** The test takes for granted that hardware is not done at once, and writes some completions. */
  private static final List<String> TIMING = List.of("--latency", "10ms", "--coalesce");

  private final Setting setting;

  DpdkTier(Setting setting) {
    this.setting = setting;
  }

  /**
   * Runs DPDK's test on one part.
   *
   * @param profile which part
   * @return one outcome
   * @throws UnavailableException if it cannot be run here
   * @throws NoModelException if there is no model
   * @throws InterruptedException if interrupted
   */
  List<Outcome> run(Profile profile)
      throws UnavailableException, NoModelException, InterruptedException {
    if (profile == Profile.BWD) {
      throw new UnavailableException("DPDK's driver does not know this part: " + profile.word());
    }
    final Setting.Run run = boot("B-" + profile.word(), profile, List.of());
    final List<String> wrong = new DpdkJudge(run.console(), run.descriptors()).wrong();
    return List.of(
        new Outcome(
            Tier.B,
            "dmadev_autotest",
            profile.word(),
            wrong.isEmpty() ? Verdict.PASSED : Verdict.FAILED,
            wrong.isEmpty() ? "Test OK" : String.join(" | ", wrong),
            run.descriptors(),
            run.seconds(),
            run.console().log().toString()));
  }

  /**
   * Boots a guest that runs the test.
   *
   * @param name of the guest
   * @param profile which part
   * @param options further words for the model
   * @return what it came to
   * @throws UnavailableException if it cannot be run here
   * @throws NoModelException if there is no model
   * @throws InterruptedException if interrupted
   */
  Setting.Run boot(String name, Profile profile, List<String> options)
      throws UnavailableException, NoModelException, InterruptedException {
    final VfioGuest guest = VfioGuest.of(setting, List.of(0x8086_0000 | profile.device()));
    final String drivers = Dpdk.fetch(setting.packages()).into(guest.content());
    final List<String> words = new ArrayList<>(TIMING);
    words.addAll(options);
    return setting.run(
        new Guest.Plan(name, MIB, OPTIONS, VfioGuest.IOMMU, LIMIT),
        profile,
        words,
        guest.content(),
        guest.script() + TEST.formatted(Dpdk.PROGRAM, drivers));
  }
}
