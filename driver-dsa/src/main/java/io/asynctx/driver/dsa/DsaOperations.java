package io.asynctx.driver.dsa;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The operations of a device: 256 bits, bit <i>i</i> for opcode <i>i</i>, which sysfs shows as hex
 * words, most significant first: four of 64 bits, or in older kernels eight of 32.
 *
 * <p>Threading: stateless.
 *
 * @see "Intel Data Streaming Accelerator Architecture Specification, OPCAP"
 */
final class DsaOperations {
  private static final Map<Integer, String> NAMES =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry(0x00, "noop"),
              Map.entry(0x01, "batch"),
              Map.entry(0x02, "drain"),
              Map.entry(0x03, "copy"),
              Map.entry(0x04, "fill"),
              Map.entry(0x05, "compare"),
              Map.entry(0x06, "compare-pattern"),
              Map.entry(0x07, "delta-create"),
              Map.entry(0x08, "delta-apply"),
              Map.entry(0x09, "dualcast"),
              Map.entry(0x0a, "translation-fetch"),
              Map.entry(0x10, "crc"),
              Map.entry(0x11, "copy-crc"),
              Map.entry(0x12, "dif-check"),
              Map.entry(0x13, "dif-insert"),
              Map.entry(0x14, "dif-strip"),
              Map.entry(0x15, "dif-update"),
              Map.entry(0x17, "dix-generate"),
              Map.entry(0x20, "cache-flush")));

  private static final int WIDE_WORDS = 4;
  private static final int NARROW_WORDS = 8;
  private static final int BITS = 256;
  private static final Pattern WORD = Pattern.compile("(?:0x)?([0-9a-fA-F]{1,16})");

  private DsaOperations() {}

  /**
   * Reads an {@code op_cap} attribute.
   *
   * @param text its content
   * @return the opcodes; null if it is not of that form
   */
  static @Nullable BitSet parse(String text) {
    final String[] words = text.split(",", -1);
    if (words.length != WIDE_WORDS && words.length != NARROW_WORDS) {
      return null;
    }
    final int width = BITS / words.length;
    final long[] longs = new long[WIDE_WORDS];
    for (int i = 0; i < words.length; i++) {
      final var matcher = WORD.matcher(words[words.length - 1 - i].strip());
      if (!matcher.matches() || matcher.group(1).length() > width / 4) {
        return null;
      }
      final int bit = i * width;
      longs[bit / Long.SIZE] |= Long.parseUnsignedLong(matcher.group(1), 16) << (bit % Long.SIZE);
    }
    return BitSet.valueOf(longs);
  }

  /**
   * Names of opcodes, for people.
   *
   * @param opcodes what a device can do
   * @return words with blanks between; an opcode unknown here by its number
   */
  static String describe(BitSet opcodes) {
    final List<String> names = new ArrayList<>();
    opcodes.stream()
        .forEach(code -> names.add(NAMES.getOrDefault(code, String.format("0x%02x", code))));
    return names.isEmpty() ? "none" : String.join(" ", names);
  }
}
