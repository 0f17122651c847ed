package io.asynctx.driver.dsa;

import io.asynctx.dmaengine.driver.DriverReport.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The work queues of DSA devices, and the first thing that keeps each from use by a program.
 *
 * <p>Threading: owned by one discovery.
 */
final class WorkQueues {
  private static final Set<String> STATES = Set.of("disabled", "enabled");
  private static final Set<String> MODES = Set.of("shared", "dedicated");
  private static final Set<String> TYPES = Set.of("none", "kernel", "user");

  private final Sysfs sysfs;
  private final Path nodes;
  private final Predicate<Path> mayWrite;

  /**
   * A look at work queues.
   *
   * @param sysfs where they are read
   * @param nodes folder of their device files
   * @param mayWrite whether this process may write a device file
   */
  WorkQueues(Sysfs sysfs, Path nodes, Predicate<Path> mayWrite) {
    this.sysfs = sysfs;
    this.nodes = nodes;
    this.mayWrite = mayWrite;
  }

  /**
   * The work queues of one device.
   *
   * @param device its folder
   * @param number of the device; its work queues have the same one
   * @param entries everything on the bus
   * @return a finding for each
   */
  List<Finding> of(Path device, String number, List<Path> entries) {
    final Pattern mine = Pattern.compile("wq" + number + "\\.[0-9]{1,6}");
    final List<Finding> found = new ArrayList<>();
    for (Path entry : entries) {
      if (mine.matcher(Sysfs.name(entry)).matches()) {
        found.add(queue(Sysfs.name(device), entry));
      }
    }
    return found;
  }

  private Finding queue(String device, Path queue) {
    final String name = Sysfs.name(queue);
    final String state = sysfs.choice(queue.resolve("state"), STATES);
    final String mode = sysfs.choice(queue.resolve("mode"), MODES);
    final String type = sysfs.choice(queue.resolve("type"), TYPES);
    final String driver = sysfs.link(queue.resolve("driver"));
    final int size = sysfs.number(queue.resolve("size"));
    final Path node = nodes.resolve(name);
    final String detail =
        "work queue of "
            + device
            + ", state="
            + DsaDiscovery.orUnknown(state)
            + ", mode="
            + DsaDiscovery.orUnknown(mode)
            + ", type="
            + DsaDiscovery.orUnknown(type)
            + ", size="
            + (size < 0 ? "unknown" : size + " descriptors")
            + ", driver="
            + (driver == null ? "none" : driver)
            + ", device file="
            + shown(node);
    return new Finding(
        name,
        false,
        detail,
        obstacle(device + '/' + name, state, type, driver, node) + DsaDiscovery.NOT_YET);
  }

  private String obstacle(
      String queue,
      @Nullable String state,
      @Nullable String type,
      @Nullable String driver,
      Path node) {
    if (!"user".equals(type)) {
      return ("enabled".equals(state)
              ? "it serves another use; as root: accel-config disable-wq " + queue + "; then "
              : "as root: ")
          + configure(queue)
          + "; ";
    }
    if (!"enabled".equals(state)) {
      return "it is of type user, but off; as root: accel-config enable-wq " + queue + "; ";
    }
    if (!"user".equals(driver)) {
      return "it is enabled, but not bound to the driver user; as root: accel-config disable-wq "
          + queue
          + "; "
          + configure(queue)
          + "; ";
    }
    if (!Files.exists(node)) {
      return "device file missing: file="
          + node
          + "; in a container pass it on (for docker --device), else look whether udev runs; ";
    }
    if (!mayWrite.test(node)) {
      return "no permission: file="
          + node
          + "; give the user of this process write access, by a udev rule or chmod; ";
    }
    return "";
  }

  private static String configure(String queue) {
    return "accel-config config-wq "
        + queue
        + " --group-id=0 --mode=shared --wq-size=16 --threshold=15 --priority=10 --type=user"
        + " --driver-name=user --name=asynctx; accel-config enable-wq "
        + queue;
  }

  /** The file as ls would show it. */
  private static String shown(Path node) {
    if (!Files.exists(node)) {
      return "none";
    }
    try {
      final PosixFileAttributes attributes = Files.readAttributes(node, PosixFileAttributes.class);
      return node
          + " ("
          + PosixFilePermissions.toString(attributes.permissions())
          + ' '
          + attributes.owner()
          + ' '
          + attributes.group()
          + ')';
    } catch (IOException | UnsupportedOperationException e) {
      return node.toString();
    }
  }
}
