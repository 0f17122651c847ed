package io.asynctx.models.ioat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.models.ModelHost;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the drivers of Linux and DPDK did to another model, played to ours: each register must read
 * as it read for them, each completion be what they saw, each interrupt come. The other model was
 * written by others, so a mistake of ours is not in it. Recordings end where doorbells begin to
 * overlap work, which a model that works inside the doorbell cannot repeat.
 */
final class RecordingsTest {
  private static final Pattern ACCESS =
      Pattern.compile("(MMIO|CFG ) ([RW])(\\d+) +([0-9a-f]+) .*?(?:->|<-) 0x([0-9a-f]+)");
  private static final Pattern DESCRIPTOR =
      Pattern.compile(
          "\\s+ch\\d DESC @([0-9a-f]+) \\w+ size=([0-9a-f]+) ctl=([0-9a-f]+) src=([0-9a-f]+)"
              + " dst=([0-9a-f]+) next=([0-9a-f]+) cnt=(\\d+)(.*)");
  private static final Pattern COMPLETION =
      Pattern.compile("\\s+CMPL \\[([0-9a-f]+)] <- ([0-9a-f]+)");
  private static final Pattern INTERRUPT = Pattern.compile("\\s*IRQ MSIX (\\d) fd");

  private static final int PAGE = 4096;
  private static final int DMACAP = 0x10;
  private static final int FILL = 1 << 6;
  private static final int DMACOUNT = 0x06;
  private static final int CHANSTS = 0x08;
  private static final int HALTED = 3;

  /** All of memory, page by page, as it is touched. */
  private static final class Memory implements ModelHost {
    final Map<Long, byte[]> pages = new HashMap<>();
    final Deque<Integer> raised = new ArrayDeque<>();

    private byte[] page(long at) {
      return pages.computeIfAbsent(at / PAGE, n -> new byte[PAGE]);
    }

    @Override
    public boolean read(long iova, byte[] to, int length) {
      for (int i = 0; i < length; i++) {
        to[i] = page(iova + i)[(int) ((iova + i) % PAGE)];
      }
      return true;
    }

    @Override
    public boolean write(long iova, byte[] from, int length) {
      for (int i = 0; i < length; i++) {
        page(iova + i)[(int) ((iova + i) % PAGE)] = from[i];
      }
      return true;
    }

    @Override
    public boolean writeLong(long iova, long value) {
      put(iova, value);
      return true;
    }

    void put(long iova, long value) {
      write(iova, bytes().putLong(value).array(), Long.BYTES);
    }

    long get(long iova) {
      final ByteBuffer bytes = bytes();
      read(iova, bytes.array(), Long.BYTES);
      return bytes.getLong();
    }

    private static ByteBuffer bytes() {
      return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void raiseVector(int vector) {
      raised.add(vector);
    }

    @Override
    public boolean keepsVectorTable() {
      return true;
    }
  }

  private final Memory memory = new Memory();
  private final Deque<Integer> awaited = new ArrayDeque<>();
  private int compared;

  private static List<String> lines(String name) throws IOException {
    try (InputStream in = RecordingsTest.class.getResourceAsStream("/recordings/" + name)) {
      assertNotNull(in, name);
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  /** Plays a recording; the first difference, or empty. */
  private String play(List<String> lines, IoatProfile profile, int channels) {
    try (IoatModel model =
        new IoatModel(IoatSettings.synchronous(profile).withChannels(channels))) {
      model.attach(memory);
      // What the firmware and the kernel wrote before the driver came.
      model.configWrite(0x04, 2, 0x103);
      model.configWrite(0x98, 2, 0x281f);
      for (int i = 0; i < lines.size(); i++) {
        final String wrong = line(model, lines, i);
        if (!wrong.isEmpty()) {
          return (i + 1) + ": " + lines.get(i).strip() + ", but " + wrong;
        }
      }
      assertEquals(List.of(), model.violations());
      assertEquals(List.of(), List.copyOf(awaited), "interrupts that did not come");
      assertEquals(List.of(), List.copyOf(memory.raised), "interrupts that were not recorded");
      return "";
    }
  }

  private String line(IoatModel model, List<String> lines, int index) {
    final String line = lines.get(index);
    final Matcher access = ACCESS.matcher(line);
    if (access.matches()) {
      final boolean config = access.group(1).equals("CFG ");
      final int width = Integer.parseInt(access.group(3)) / 8;
      final int offset = Integer.parseInt(access.group(4), 16);
      final long value = Long.parseUnsignedLong(access.group(5), 16);
      if (access.group(2).equals("W")) {
        write(model, config, offset, width, value, lines, index);
        return interrupts();
      }
      return compare(read(model, config, offset, width), value, config, offset, lines, index);
    }
    final Matcher completion = COMPLETION.matcher(line);
    if (completion.matches()) {
      final long seen = memory.get(Long.parseLong(completion.group(1), 16));
      compared++;
      return seen == Long.parseLong(completion.group(2), 16) ? "" : "%x".formatted(seen);
    }
    final Matcher interrupt = INTERRUPT.matcher(line);
    if (interrupt.matches()) {
      awaited.add(Integer.parseInt(interrupt.group(1)));
      return interrupts();
    }
    return "";
  }

  /**
   * Interrupts that came and were recorded. The other model sent one although the one before had
   * not been armed again; ours sends it when it is.
   */
  private String interrupts() {
    while (!awaited.isEmpty() && !memory.raised.isEmpty()) {
      final int vector = memory.raised.remove();
      compared++;
      if (awaited.remove() != vector) {
        return "vector=" + vector;
      }
    }
    return "";
  }

  private static long read(IoatModel model, boolean config, int offset, int width) {
    return config
        ? model.configRead(offset, width) & 0xffff_ffffL
        : model.mmioRead(0, offset, width);
  }

  private String compare(
      long seen, long recorded, boolean config, int offset, List<String> lines, int index) {
    long expected = recorded;
    if (!config && offset == DMACAP) {
      expected |= FILL; // ours has fills; the drivers of the recordings do not ask
    }
    final boolean looksEarly =
        !config && offset % 0x80 == CHANSTS && recorded == HALTED && started(lines, index);
    if (looksEarly) {
      return ""; // the other model said that it is active only when it began to work
    }
    compared++;
    return seen == expected ? "" : "read as 0x%x".formatted(seen);
  }

  /** Whether the access before was a doorbell. */
  private static boolean started(List<String> lines, int index) {
    return index > 0 && lines.get(index - 1).contains("DMACOUNT");
  }

  private void write(
      IoatModel model,
      boolean config,
      int offset,
      int width,
      long value,
      List<String> lines,
      int index) {
    if (config) {
      model.configWrite(offset, width, (int) value);
      return;
    }
    if (offset % 0x80 == DMACOUNT) {
      // The descriptors that this doorbell starts are recorded after it.
      for (int i = index + 1; i < lines.size() && !lines.get(i).contains("DMACOUNT"); i++) {
        final Matcher descriptor = DESCRIPTOR.matcher(lines.get(i));
        if (descriptor.matches()) {
          lay(descriptor);
        }
      }
    }
    model.mmioWrite(0, offset, width, value);
  }

  /** Writes a descriptor, and its extension, as the driver did; the sources are all the same. */
  private void lay(Matcher recorded) {
    final long at = Long.parseLong(recorded.group(1), 16);
    final long control = Long.parseLong(recorded.group(3), 16);
    final long source = Long.parseLong(recorded.group(4), 16);
    final long destination = Long.parseLong(recorded.group(5), 16);
    final long next = Long.parseLong(recorded.group(6), 16);
    final int op = (int) (control >>> 24);
    memory.put(at, control << 32 | Long.parseLong(recorded.group(2), 16));
    memory.put(at + 8, source);
    memory.put(at + 16, destination);
    memory.put(at + 24, next);
    if (op == 0) {
      return;
    }
    final int inBase = op < 0x89 ? 5 : 3;
    final boolean extended = Integer.parseInt(recorded.group(7)) > inBase;
    memory.put(at + 24, extended ? at + 64 : next);
    for (int word = 4; word < 8; word++) {
      memory.put(at + 8 * word, source);
      memory.put(at + 64 + 8 * (word - 4), source);
    }
    memory.put(at + 64 + 32, source);
    memory.put(at + 64 + 40, source);
    memory.put(at + 64 + 24, next);
    if (op >= 0x89) {
      memory.put(at + 48, 0); // coefficients
      memory.put(at + 56, destination);
    }
    // An even number of equal sources is zero, and so is what they are checked against, unless not.
    memory.put(destination, recorded.group(8).contains("ERR") ? 1 : 0);
  }

  @ParameterizedTest
  @CsvSource({
    "linux-6.1-skx.txt, SKX, 1, 25",
    "linux-6.1-bwd.txt, BWD, 2, 50",
    "linux-6.1-raid.txt, RAID, 2, 45",
    "linux-6.1-raid-dmatest.txt, RAID, 1, 60",
    "dpdk-22.11-start.txt, RAID, 1, 5"
  })
  void everyRegisterReadsAsItDidForTheRealDriver(
      String name, IoatProfile profile, int channels, int least) throws IOException {
    assertEquals("", play(lines(name), profile, channels), name);
    assertTrue(compared >= least, "compared=" + compared);
  }

  @Test
  void anAlteredRecordingIsFound() throws IOException {
    final List<String> lines =
        lines("linux-6.1-skx.txt").stream()
            .map(l -> l.replace("CHANSTS      -> 0x2a00041", "CHANSTS      -> 0x2a00040"))
            .toList();
    final String found = play(lines, IoatProfile.SKX, 1);
    assertTrue(found.endsWith("but read as 0x2a00041"), found);
    assertFalse(play(lines("linux-6.1-bwd.txt"), IoatProfile.SKX, 1).isEmpty());
  }
}
