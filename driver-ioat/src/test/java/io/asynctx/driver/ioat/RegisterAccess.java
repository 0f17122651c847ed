package io.asynctx.driver.ioat;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One access in a recording, whoever made it. Registers are named by their offsets, written down
 * here a second time.
 *
 * @param write whether it was one
 * @param width in bits
 * @param register its name; CFG.004 and the like in configuration space
 * @param channel -1 if it is none of a channel's
 * @param value read or written
 */
record RegisterAccess(boolean write, int width, String register, int channel, long value) {
  private static final Pattern LINE =
      Pattern.compile("(MMIO|CFG) +([RW])(\\d+) *([0-9a-f]{3,5}) .*?(?:->|<-) 0x([0-9a-f]+).*");
  private static final int WINDOW_END = 0x1000;
  private static final Map<Integer, String> DEVICE =
      Map.of(
          0x00,
          "CHANCNT",
          0x01,
          "XFERCAP",
          0x03,
          "INTRCTRL",
          0x08,
          "CBVER",
          0x0c,
          "INTRDELAY",
          0x10,
          "DMACAP",
          0x4c,
          "PREFLMT");
  private static final Map<Integer, String> CHANNEL =
      Map.ofEntries(
          Map.entry(0x00, "CHANCTRL"),
          Map.entry(0x04, "CHANCMD"),
          Map.entry(0x06, "DMACOUNT"),
          Map.entry(0x08, "CHANSTS"),
          Map.entry(0x10, "CHAINADDR_LO"),
          Map.entry(0x14, "CHAINADDR_HI"),
          Map.entry(0x18, "CHANCMP_LO"),
          Map.entry(0x1c, "CHANCMP_HI"),
          Map.entry(0x20, "CDAR"),
          Map.entry(0x28, "CHANERR"),
          Map.entry(0x2c, "CHANERRMSK"),
          Map.entry(0x30, "DCACTRL"));

  /** Reads a recording, leaving out what is no access, and what is the host's: the vector table. */
  static List<RegisterAccess> of(Stream<String> lines) {
    return lines
        .map(RegisterAccess::of)
        .flatMap(access -> access == null ? Stream.empty() : Stream.of(access))
        .toList();
  }

  private static @Nullable RegisterAccess of(String line) {
    final Matcher m = LINE.matcher(line);
    if (!m.matches()) {
      return null;
    }
    final boolean write = m.group(2).equals("W");
    final int width = Integer.parseInt(m.group(3));
    final int offset = Integer.parseInt(m.group(4), 16);
    final long value = Long.parseUnsignedLong(m.group(5), 16);
    if (m.group(1).equals("CFG")) {
      final boolean host = offset >= 0x82 && offset < 0x90;
      return host
          ? null
          : new RegisterAccess(write, width, String.format("CFG.%03x", offset), -1, value);
    }
    if (offset >= WINDOW_END) {
      return null;
    }
    final boolean device = offset < 0x80;
    final String name = device ? DEVICE.get(offset) : CHANNEL.get(offset % 0x80);
    final String shown = name == null ? String.format("BAR.%04x", offset) : name;
    return new RegisterAccess(write, width, shown, device ? -1 : offset / 0x80 - 1, value);
  }

  RegisterAccess withValue(long other) {
    return new RegisterAccess(write, width, register, channel, other);
  }

  RegisterAccess withWidth(int other) {
    return new RegisterAccess(write, other, register, channel, value);
  }

  @Override
  public String toString() {
    return (write ? "W" : "R") + width + ":" + register + "=" + Long.toHexString(value);
  }

  /**
   * Which accesses a rule speaks of.
   *
   * @param write whether it is one
   * @param width in bits; 0 for any
   * @param register its name
   * @param value null for any
   */
  record Kind(boolean write, int width, String register, @Nullable Long value) {
    private static final Pattern TEXT =
        Pattern.compile("([RW])(\\d*):([A-Z_]+(?:\\.[0-9a-f]{3})?)(?:=([0-9a-f]+))?");

    static Kind of(String text) {
      final Matcher m = TEXT.matcher(text);
      if (!m.matches()) {
        throw new IllegalArgumentException("no access: " + text);
      }
      return new Kind(
          m.group(1).equals("W"),
          m.group(2).isEmpty() ? 0 : Integer.parseInt(m.group(2)),
          m.group(3),
          m.group(4) == null ? null : Long.parseUnsignedLong(m.group(4), 16));
    }

    boolean matches(RegisterAccess access) {
      return write == access.write
          && register.equals(access.register)
          && (width == 0 || width == access.width)
          && (value == null || value == access.value);
    }

    RegisterAccess access(int channel) {
      return new RegisterAccess(write, width, register, channel, value == null ? 0 : value);
    }
  }
}
