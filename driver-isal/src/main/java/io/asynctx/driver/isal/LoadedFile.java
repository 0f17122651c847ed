package io.asynctx.driver.isal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which file a loaded library came from, as Linux tells in {@code /proc/self/maps}. ISA-L exports
 * no version that a program could ask for; the name of its file is the nearest there is.
 *
 * <p>Threading: any thread.
 */
final class LoadedFile {
  private static final Logger LOG = LoggerFactory.getLogger(LoadedFile.class);
  private static final Path MAPS = Path.of("/proc/self/maps");

  /** Address range, permissions, offset, device, inode; then the file. */
  private static final int FILE_FIELD = 5;

  private LoadedFile() {}

  /**
   * The file whose code is at an address.
   *
   * @param address of a function
   * @param otherwise what to say where the system does not tell
   * @return a path
   */
  static String at(long address, String otherwise) {
    try {
      return Files.isReadable(MAPS) ? in(Files.readAllLines(MAPS), address, otherwise) : otherwise;
    } catch (IOException e) {
      LOG.debug("file of a library not known: maps={}", MAPS, e);
      return otherwise;
    }
  }

  static String in(List<String> maps, long address, String otherwise) {
    for (String line : maps) {
      final String[] fields = line.split("\\s+", FILE_FIELD + 1);
      final String[] range = fields[0].split("-", 2);
      if (fields.length > FILE_FIELD
          && Long.compareUnsigned(address, Long.parseUnsignedLong(range[0], 16)) >= 0
          && Long.compareUnsigned(address, Long.parseUnsignedLong(range[1], 16)) < 0) {
        return fields[FILE_FIELD];
      }
    }
    return otherwise;
  }
}
