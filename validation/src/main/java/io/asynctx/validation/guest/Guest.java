package io.asynctx.validation.guest;

import io.asynctx.debian.UnavailableException;
import io.asynctx.validation.fetch.Qemu;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Starts guests, one after another, always without the processor's help: that works on every
 * machine and is the same on every machine.
 *
 * <p>Threading: one thread.
 *
 * @param qemu the emulator
 * @param kernel what is started
 * @param logs where each guest's console and file system are kept
 */
public record Guest(Qemu qemu, Path kernel, Path logs) {

  /** Of a guest that does no more than come up. */
  public static final int USUAL_MIB = 512;

  private static final long LOOK_MILLIS = 200;

  /**
   * How one guest is.
   *
   * @param name of its files
   * @param mib memory
   * @param options further words for the kernel; empty for none
   * @param devices further words for the emulator
   * @param limit how long it may run
   * @param pulled the device that is pulled out; empty for none
   * @param when the guest says this
   */
  public record Plan(
      String name,
      int mib,
      String options,
      List<String> devices,
      Duration limit,
      String pulled,
      String when) {

    /**
     * One that keeps its devices.
     *
     * @param name of its files
     * @param mib memory
     * @param options further words for the kernel; empty for none
     * @param devices further words for the emulator
     * @param limit how long it may run
     */
    public Plan(String name, int mib, String options, List<String> devices, Duration limit) {
      this(name, mib, options, devices, limit, "", "");
    }

    /**
     * The same with other devices.
     *
     * @param others words for the emulator
     * @return another plan
     */
    public Plan with(List<String> others) {
      return new Plan(name, mib, options, others, limit, pulled, when);
    }

    /**
     * The same, but a device is pulled out.
     *
     * @param id of the device
     * @param said once the guest says this
     * @return another plan
     */
    public Plan pulling(String id, String said) {
      return new Plan(name, mib, options, devices, limit, id, said);
    }
  }

  /**
   * The device that another process is.
   *
   * @param socket where it listens
   * @param id name of the device for the monitor
   * @param bus where it is plugged in; empty for the root
   * @return words for the emulator
   */
  public static List<String> vfioUser(Path socket, String id, String bus) {
    final String place = bus.isEmpty() ? "" : ",\"bus\":\"" + bus + '"';
    return List.of(
        "-device",
        "{\"driver\":\"vfio-user-pci\",\"id\":\""
            + id
            + "\",\"socket\":{\"path\":\""
            + socket
            + "\",\"type\":\"unix\"}"
            + place
            + '}');
  }

  /**
   * Runs a guest until it powers itself off, or its time is over.
   *
   * @param plan how it is
   * @param content its file system
   * @param script what it does
   * @return what it said
   * @throws UnavailableException if it cannot be made or started
   * @throws InterruptedException if interrupted; the guest is ended then
   */
  public Console run(Plan plan, Initramfs content, String script)
      throws UnavailableException, InterruptedException {
    final Path archive = logs.resolve(plan.name() + ".cpio.gz");
    final Path log = logs.resolve(plan.name() + ".log");
    content.write(archive, script);
    try {
      // The path of a socket must be short.
      final Path folder = Files.createTempDirectory("asynctx-");
      final Path socket = folder.resolve("monitor");
      final Process process =
          new ProcessBuilder(command(plan, archive, socket))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      process.getOutputStream().close();
      final boolean ended;
      try {
        ended = await(process, plan, log, socket);
      } finally {
        process.destroyForcibly();
      }
      process.waitFor();
      Files.delete(archive);
      Files.deleteIfExists(socket);
      Files.delete(folder);
      return new Console(
          Files.readString(log, StandardCharsets.ISO_8859_1), log, ended, plan.limit());
    } catch (IOException e) {
      throw new UnavailableException("emulator cannot be started: " + e.getMessage(), e);
    }
  }

  /** Whether it ended in time. Looks at what it says only if something is to be done then. */
  private static boolean await(Process process, Plan plan, Path log, Path socket)
      throws IOException, InterruptedException {
    final long deadline = System.nanoTime() + plan.limit().toNanos();
    boolean pull = !plan.pulled().isEmpty();
    while (System.nanoTime() < deadline) {
      if (process.waitFor(pull ? LOOK_MILLIS : plan.limit().toMillis(), TimeUnit.MILLISECONDS)) {
        return true;
      }
      if (pull && Files.readString(log, StandardCharsets.ISO_8859_1).contains(plan.when())) {
        Monitor.pull(socket, plan.pulled());
        pull = false;
      }
    }
    return false;
  }

  private List<String> command(Plan plan, Path archive, Path socket) {
    final List<String> command = new ArrayList<>(qemu.command());
    command.addAll(
        List.of(
            "-accel",
            "tcg,thread=multi",
            "-machine",
            "q35",
            "-cpu",
            "max",
            "-nodefaults",
            "-nographic",
            "-serial",
            "stdio",
            "-no-reboot",
            // Shared, so that the device's process can map it.
            "-object",
            "memory-backend-memfd,id=m0,share=on,size=" + plan.mib() + 'M',
            "-machine",
            "memory-backend=m0",
            "-m",
            Integer.toString(plan.mib()),
            "-kernel",
            kernel.toString(),
            "-initrd",
            archive.toString(),
            "-append",
            ("console=ttyS0 quiet panic=-1 log_buf_len=8M " + plan.options()).strip()));
    command.addAll(List.of("-qmp", "unix:" + socket + ",server=on,wait=off"));
    command.addAll(plan.devices());
    return command;
  }
}
