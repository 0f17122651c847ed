package io.asynctx.validation.tier;

import io.asynctx.debian.UnavailableException;
import io.asynctx.validation.tier.Outcome.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Models that are wrong on purpose. Each must turn a judge red; the outcome says which did.
 *
 * <p>Threading: one thread.
 */
final class ControlsTier {

  /**
   * A wrong model.
   *
   * @param fault as the model's option takes it
   * @param profile which part it is
   * @param options further words for the model, which make the fault show
   */
  record Control(String fault, Profile profile, List<String> options) {
    Control(String fault, Profile profile) {
      this(fault, profile, List.of());
    }
  }

  /** The first ten are those the judges were first tried on. */
  static final List<Control> CONTROLS =
      List.of(
          new Control("bit-flip", Profile.SKX),
          new Control("bit-flip:after=3:every=7", Profile.SKX),
          new Control("lost-interrupt", Profile.RAID),
          new Control("lost-interrupt", Profile.SKX),
          new Control("validate-never-fails", Profile.RAID),
          new Control("ext-not-counted", Profile.RAID),
          new Control("wrong-polynomial", Profile.RAID),
          new Control("no-armed", Profile.SKX),
          new Control("late-active", Profile.SKX, List.of("--latency", "5ms")),
          new Control("no-data", Profile.SKX),
          new Control("no-data", Profile.BWD),
          new Control("wrong-completion", Profile.SKX),
          new Control("completion-backwards:after=4", Profile.SKX),
          new Control("stuck:after=4", Profile.SKX),
          new Control("halt:after=4", Profile.SKX),
          new Control("address-error:after=4", Profile.SKX),
          new Control("destination-error:after=4", Profile.SKX),
          new Control("read-data-error:after=4", Profile.SKX),
          new Control("write-data-error:after=4", Profile.SKX),
          new Control("never-quiet", Profile.SKX),
          new Control("vanish:after=4", Profile.SKX));

  /** A wrong model may hang its guest for good. */
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final LinuxTier linux;
  private final DpdkTier dpdk;

  ControlsTier(Setting setting) {
    linux = new LinuxTier(setting);
    dpdk = new DpdkTier(setting);
  }

  /**
   * Lets the judges look at a wrong model until one is red: the kernel's first, which takes less
   * time.
   *
   * @param control the wrong model
   * @return one outcome, passed if somebody caught it
   * @throws UnavailableException if it cannot be run here
   * @throws NoModelException if there is no model
   * @throws InterruptedException if interrupted
   */
  List<Outcome> run(Control control)
      throws UnavailableException, NoModelException, InterruptedException {
    final Profile profile = control.profile();
    final String name = control.fault().replaceAll("[^a-z0-9]+", "-") + '-' + profile.word();
    final List<String> options = new ArrayList<>(List.of("--fault", control.fault()));
    options.addAll(control.options());
    final Setting.Run first = linux.boot("D-linux-" + name, profile, options, LIMIT);
    final LinuxJudge judge = LinuxTier.judge(first, profile);
    final List<String> caught = new ArrayList<>();
    add(caught, "ioatdma", judge.probe());
    if (caught.isEmpty()) {
      add(caught, "dmatest", judge.dmatest());
      if (profile.raid()) {
        add(caught, "raid6test", judge.raid6test());
      }
    }
    if (!caught.isEmpty()) {
      return List.of(outcome(control, Verdict.PASSED, first, String.join("; ", caught)));
    }
    final Setting.Run second = dpdk.boot("D-dpdk-" + name, profile, options);
    add(caught, "DPDK", new DpdkJudge(second.console(), second.descriptors()).wrong());
    return List.of(
        caught.isEmpty()
            ? outcome(control, Verdict.FAILED, second, "nobody caught it")
            : outcome(control, Verdict.PASSED, second, String.join("; ", caught)));
  }

  private static void add(List<String> caught, String judge, List<String> wrong) {
    if (!wrong.isEmpty()) {
      caught.add("caught by " + judge + ": " + wrong.getFirst());
    }
  }

  private static Outcome outcome(Control control, Verdict verdict, Setting.Run run, String detail) {
    return new Outcome(
        Tier.D,
        control.fault(),
        control.profile().word(),
        verdict,
        detail,
        run.descriptors(),
        run.seconds(),
        run.console().log().toString());
  }
}
