package io.asynctx.pci.vfio;

import io.asynctx.dmaengine.bus.PciIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * PCI functions as sysfs shows them. What is absent or makes no sense reads as -1, or as nothing: a
 * function may leave between two looks.
 *
 * <p>Threading: any thread.
 *
 * @param root where sysfs is mounted
 */
record Sysfs(Path root) {

  /** The driver that lends functions to programs. */
  static final String DRIVER = "vfio-pci";

  private static final Pattern ADDRESS =
      Pattern.compile("[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]");
  private static final Pattern HEX = Pattern.compile("0x[0-9a-fA-F]{1,7}");
  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]{1,9}");

  /** The kernel never gives more for one attribute. */
  private static final int MAX_BYTES = 4096;

  /**
   * Every function.
   *
   * @return addresses in order
   */
  List<String> functions() {
    return addresses(root.resolve("bus/pci/devices"));
  }

  /**
   * The functions that are lent to programs.
   *
   * @return addresses in order, each with a key that is another one after each binding
   */
  NavigableMap<String, Object> bound() {
    final Path folder = root.resolve("bus/pci/drivers").resolve(DRIVER);
    final NavigableMap<String, Object> bound = new TreeMap<>();
    for (String address : addresses(folder)) {
      try {
        final Object key =
            Files.readAttributes(
                    folder.resolve(address), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
        bound.put(address, key == null ? address : key);
      } catch (IOException e) {
        continue; // it was unbound meanwhile
      }
    }
    return bound;
  }

  /**
   * The functions of a group.
   *
   * @param group its number
   * @return addresses in order
   */
  List<String> inGroup(int group) {
    return addresses(
        root.resolve("kernel/iommu_groups").resolve(Integer.toString(group)).resolve("devices"));
  }

  private static List<String> addresses(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .map(e -> String.valueOf(e.getFileName()))
          .filter(n -> ADDRESS.matcher(n).matches())
          .sorted()
          .toList();
    } catch (IOException | UncheckedIOException e) {
      return List.of();
    }
  }

  /**
   * Whether there is a PCI bus at all.
   *
   * @return false without sysfs, or without PCI
   */
  boolean hasPci() {
    return Files.isDirectory(root.resolve("bus/pci/devices"));
  }

  private Path function(String address) {
    return root.resolve("bus/pci/devices").resolve(address);
  }

  /**
   * What a function is.
   *
   * @param address as {@link #functions} gives it
   * @return null if sysfs does not tell vendor and device
   */
  @Nullable PciIdentity identity(String address) {
    final Path folder = function(address);
    final int vendor = hex(folder.resolve("vendor"));
    final int device = hex(folder.resolve("device"));
    if (vendor < 0 || vendor > 0xffff || device < 0 || device > 0xffff) {
      return null;
    }
    return new PciIdentity(
        address,
        vendor,
        device,
        Math.max(0, hex(folder.resolve("subsystem_vendor"))) & 0xffff,
        Math.max(0, hex(folder.resolve("subsystem_device"))) & 0xffff,
        Math.max(0, hex(folder.resolve("class"))) & 0xff_ffff,
        Math.max(0, hex(folder.resolve("revision"))) & 0xff,
        Math.max(-1, decimal(text(folder.resolve("numa_node")))),
        Math.max(-1, decimal(link(folder.resolve("iommu_group")))));
  }

  /**
   * Which driver of the kernel has it.
   *
   * @param address of the function
   * @return empty for none
   */
  String driver(String address) {
    return link(function(address).resolve("driver"));
  }

  private static String text(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1).strip();
    } catch (IOException e) {
      return "";
    }
  }

  private static String link(Path file) {
    try {
      return String.valueOf(Files.readSymbolicLink(file).getFileName());
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  private static int hex(Path file) {
    final String text = text(file);
    return HEX.matcher(text).matches() ? Integer.parseInt(text.substring(2), 16) : -1;
  }

  private static int decimal(String text) {
    return DECIMAL.matcher(text).matches() ? Integer.parseInt(text) : -1;
  }
}
