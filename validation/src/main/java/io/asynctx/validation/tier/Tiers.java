package io.asynctx.validation.tier;

import io.asynctx.debian.UnavailableException;
import io.asynctx.validation.tier.Outcome.Verdict;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/**
 * Runs tiers, and makes an outcome of whatever happens. What cannot be run here is skipped with its
 * reason; what should run and does not has failed.
 *
 * <p>Threading: one thread.
 */
public final class Tiers {

  private final Setting setting;
  private final Consumer<Outcome> told;
  private final List<Outcome> outcomes = new ArrayList<>();

  /**
   * Nothing has run yet.
   *
   * @param setting what every tier uses
   * @param told gets each outcome when it is known
   */
  public Tiers(Setting setting, Consumer<Outcome> told) {
    this.setting = setting;
    this.told = told;
  }

  /** A part of a tier. */
  @FunctionalInterface
  interface Part {
    List<Outcome> run() throws UnavailableException, NoModelException, InterruptedException;
  }

  /**
   * Runs a tier.
   *
   * @param tier which
   * @param profiles the parts
   * @throws InterruptedException if interrupted
   */
  public void run(Tier tier, Collection<Profile> profiles) throws InterruptedException {
    switch (tier) {
      case A -> {
        final LinuxTier linux = new LinuxTier(setting);
        for (Profile profile : profiles) {
          run(tier, "ioatdma", profile.word(), () -> linux.run(profile));
        }
      }
      case B -> {
        final DpdkTier dpdk = new DpdkTier(setting);
        for (Profile profile : profiles) {
          // A part that DPDK has no driver for is asked for only by name; else the kernel judges
          // it.
          if (profile != Profile.BWD || profiles.size() == 1) {
            run(tier, "dmadev_autotest", profile.word(), () -> dpdk.run(profile));
          }
        }
      }
      case C -> {
        final BundlesTier bundles = new BundlesTier(setting);
        run(tier, "pci-vfio", "", bundles::bus);
        for (Profile profile : profiles) {
          run(tier, "bundles in the guest", profile.word(), () -> bundles.run(profile));
        }
      }
      case D -> {
        final ControlsTier controls = new ControlsTier(setting);
        for (ControlsTier.Control control : ControlsTier.CONTROLS) {
          if (profiles.contains(control.profile())) {
            run(tier, control.fault(), control.profile().word(), () -> controls.run(control));
          }
        }
      }
    }
  }

  private void run(Tier tier, String check, String profile, Part part) throws InterruptedException {
    List<Outcome> made;
    try {
      made = part.run();
    } catch (UnavailableException e) {
      made = List.of(without(tier, check, profile, Verdict.SKIPPED, e.reason()));
    } catch (NoModelException e) {
      made = List.of(without(tier, check, profile, Verdict.FAILED, String.valueOf(e.getMessage())));
    }
    outcomes.addAll(made);
    made.forEach(told);
  }

  private static Outcome without(
      Tier tier, String check, String profile, Verdict verdict, String reason) {
    return new Outcome(tier, check, profile, verdict, reason, -1, 0, "");
  }

  /**
   * What has run.
   *
   * @return in the order in which it ran
   */
  public List<Outcome> outcomes() {
    return List.copyOf(outcomes);
  }
}
