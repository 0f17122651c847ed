package io.asynctx.bench.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Whether the processor multiplies in GF(2^8) by itself. */
final class Gfni {
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");
  private static final Pattern FLAG = Pattern.compile("\\bgfni\\b");

  private Gfni() {}

  static boolean isThere() {
    try {
      return Files.exists(CPUINFO) && FLAG.matcher(Files.readString(CPUINFO)).find();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
