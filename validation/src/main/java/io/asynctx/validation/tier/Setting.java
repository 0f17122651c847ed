package io.asynctx.validation.tier;

import io.asynctx.debian.Cache;
import io.asynctx.debian.DebianPackages;
import io.asynctx.debian.UnavailableException;
import io.asynctx.validation.fetch.GuestKernel;
import io.asynctx.validation.fetch.Qemu;
import io.asynctx.validation.guest.Console;
import io.asynctx.validation.guest.Guest;
import io.asynctx.validation.guest.Initramfs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What every tier uses. The emulator and the kernel are fetched when the first tier asks for them.
 *
 * <p>Threading: one thread.
 */
public final class Setting {

  /** Name of the model's device for the monitor. */
  static final String DEVICE = "ioat0";

  /** Where it is plugged in if it is to be pulled out; among the devices of the plan then. */
  static final String PORT = "port0";

  private final DebianPackages packages;
  private final Path launcher;
  private final Path logs;
  private @Nullable Qemu qemu;
  private @Nullable GuestKernel kernel;

  /**
   * A setting.
   *
   * @param cache where fetched things stay
   * @param launcher the script asynctx
   * @param logs an empty folder
   */
  public Setting(Cache cache, Path launcher, Path logs) {
    this.packages = new DebianPackages(cache);
    this.launcher = launcher;
    this.logs = logs;
  }

  /**
   * What a run of a guest with a model came to.
   *
   * @param console what the guest said
   * @param descriptors how many the model executed; -1 if it does not say
   * @param seconds how long it took
   */
  record Run(Console console, long descriptors, double seconds) {}

  DebianPackages packages() {
    return packages;
  }

  Path logs() {
    return logs;
  }

  Qemu qemu() throws UnavailableException {
    if (qemu == null) {
      qemu = Qemu.fetch(packages);
    }
    return qemu;
  }

  GuestKernel kernel() throws UnavailableException {
    if (kernel == null) {
      kernel = GuestKernel.fetch(packages);
    }
    return kernel;
  }

  /**
   * Runs a guest whose device is a model.
   *
   * @param plan the guest, to which the device is added
   * @param profile which part the model is
   * @param options further words for the model
   * @param content file system of the guest
   * @param script what the guest does
   * @return what it came to
   * @throws UnavailableException if the guest cannot be started
   * @throws NoModelException if the model cannot
   * @throws InterruptedException if interrupted
   */
  Run run(Guest.Plan plan, Profile profile, List<String> options, Initramfs content, String script)
      throws UnavailableException, NoModelException, InterruptedException {
    final Guest guest = new Guest(qemu(), kernel().image(), logs);
    final Path said = logs.resolve(plan.name() + ".model.log");
    final long start = System.nanoTime();
    final ModelProcess model = ModelProcess.start(launcher, profile, options, said);
    try {
      final List<String> devices = new ArrayList<>(plan.devices());
      devices.addAll(Guest.vfioUser(model.socket(), DEVICE, plan.pulled().isEmpty() ? "" : PORT));
      final Console console = guest.run(plan.with(devices), content, script);
      return new Run(console, model.end(), (System.nanoTime() - start) / 1e9);
    } finally {
      model.close();
    }
  }
}
