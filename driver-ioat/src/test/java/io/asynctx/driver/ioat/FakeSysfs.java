package io.asynctx.driver.ioat;

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
    write(function.resolve("class"), "0x088000\n");
    write(function.resolve("numa_node"), "1\n");
    link(function.resolve("iommu_group"), "../../../../kernel/iommu_groups/42");
    return function;
  }

  static void driver(Path function, String name) {
    link(function.resolve("driver"), "../../../../bus/pci/drivers/" + name);
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
