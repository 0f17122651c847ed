package io.asynctx.driver.dsa;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A sysfs tree and a folder of device files, made by hand. */
final class FakeSysfs {
  final Path sysfs;
  final Path dev;

  FakeSysfs(Path folder) {
    sysfs = folder.resolve("sys");
    dev = folder.resolve("dev");
  }

  FakeSysfs withPci() {
    folder(sysfs.resolve("bus/pci/devices"));
    return this;
  }

  /** A function as the kernel shows it, without a driver. */
  Path function(String address, int vendor, int device) {
    final Path function = withPci().sysfs.resolve("bus/pci/devices").resolve(address);
    write(function.resolve("vendor"), String.format("0x%04x\n", vendor));
    write(function.resolve("device"), String.format("0x%04x\n", device));
    link(function.resolve("iommu_group"), "../../../../kernel/iommu_groups/42");
    return function;
  }

  /** A device as idxd shows it. */
  Path device(String name, String state) {
    final Path device = sysfs.resolve("bus/dsa/devices").resolve(name);
    write(device.resolve("version"), "0x100\n");
    write(device.resolve("state"), state + "\n");
    write(device.resolve("numa_node"), "0\n");
    write(
        device.resolve("op_cap"),
        "00000000,00000000,00000000,00000000,00000000,00000000,00000001,003f03ff\n");
    driver(device, "idxd");
    return device;
  }

  /** A work queue as idxd shows it, without a driver. */
  Path queue(String name, String state, String type) {
    final Path queue = sysfs.resolve("bus/dsa/devices").resolve(name);
    write(queue.resolve("state"), state + "\n");
    write(queue.resolve("mode"), "shared\n");
    write(queue.resolve("type"), type + "\n");
    write(queue.resolve("size"), "16\n");
    return queue;
  }

  Path node(String queue) {
    final Path node = dev.resolve("dsa").resolve(queue);
    write(node, "");
    return node;
  }

  static void driver(Path device, String name) {
    link(device.resolve("driver"), "../../../../bus/drivers/" + name);
  }

  static void write(Path file, String content) {
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, content, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void folder(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void link(Path link, String target) {
    try {
      Files.createSymbolicLink(link, Path.of(target));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
