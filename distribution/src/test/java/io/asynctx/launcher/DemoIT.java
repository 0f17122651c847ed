package io.asynctx.launcher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The main job as its user runs it: a process, a file, exit codes; the parity worked out once more.
 */
class DemoIT {

  private static final int MEBIBYTE = 1 << 20;

  @TempDir Path scratch;

  private Path input(int bytes) throws IOException {
    byte[] random = new byte[bytes];
    new Random(bytes).nextBytes(random);
    return Files.write(scratch.resolve("input.bin"), random);
  }

  private static long number(String json, String name) {
    Matcher matcher = Pattern.compile('"' + name + "\"\\s*:\\s*(-?\\d+)").matcher(json);
    assertTrue(matcher.find(), () -> "no number " + name + " in " + json);
    return Long.parseLong(matcher.group(1));
  }

  @Test
  void theFileIsRebuiltAndAStrangersParityIsTheSame() throws Exception {
    Path file = input(24 * MEBIBYTE + 12345);
    Path disks = scratch.resolve("disks");
    Path report = scratch.resolve("report.json");
    String[] words = {
      "demo", file.toString(), "--out", disks.toString(), "--json", report.toString()
    };
    try (Instance instance = Instance.start(scratch, "", words)) {
      assertEquals(0, instance.end(), instance::toString);
    }
    assertEquals(-1, Files.mismatch(file, disks.resolve("recovered.bin")));
    String layout = Files.readString(disks.resolve("layout.json"));
    int block = (int) number(layout, "blockSize");
    int data = (int) number(layout, "dataDisks");
    int stripes = (int) number(layout, "stripes");
    assertTrue(block >= 65536, layout);
    assertEquals(Files.size(file), number(layout, "inputBytes"));
    assertParity(disks, block, data, stripes);
    assertStriped(Files.readAllBytes(file), disks, block, data, stripes);
    assertReport(Files.readString(report));
  }

  private static void assertReport(String json) {
    long submitted = number(json, "submitted");
    assertEquals(submitted, number(json, "ok"));
    assertEquals(0, number(json, "error"));
    // "aborted" of the ended operations comes first; each event has one of its own.
    assertEquals(0, number(json, "aborted"));
    long byProvider = 0;
    Matcher operations = Pattern.compile("\"operations\"\\s*:\\s*(\\d+)").matcher(json);
    while (operations.find()) {
      byProvider += Long.parseLong(operations.group(1));
    }
    assertEquals(submitted, byProvider + number(json, "synchronous"));
    assertTrue(byProvider * 10 >= submitted * 9, json);
    Matcher versions = Pattern.compile("\"bundleVersion\"\\s*:\\s*\"([^\"]+)\"").matcher(json);
    assertTrue(versions.results().map(m -> m.group(1)).distinct().count() >= 2, json);
    Matcher sha = Pattern.compile("\"sha256(?:In|Out)\"\\s*:\\s*\"([0-9a-f]{64})\"").matcher(json);
    assertEquals(1, sha.results().map(m -> m.group(1)).distinct().count());
  }

  private static void assertParity(Path disks, int block, int data, int stripes)
      throws IOException {
    byte[] p = new byte[block * stripes];
    byte[] q = new byte[block * stripes];
    int coefficient = 1;
    for (int i = 0; i < data; i++) {
      byte[] disk = Files.readAllBytes(disks.resolve("data-%02d.bin".formatted(i)));
      assertEquals(p.length, disk.length);
      int[] times = new int[256];
      for (int b = 0; b < 256; b++) {
        times[b] = times(coefficient, b);
      }
      for (int at = 0; at < p.length; at++) {
        p[at] ^= disk[at];
        q[at] ^= (byte) times[disk[at] & 0xff];
      }
      coefficient = times(coefficient, 2);
    }
    assertArrayEquals(p, Files.readAllBytes(disks.resolve("p.bin")));
    assertArrayEquals(q, Files.readAllBytes(disks.resolve("q.bin")));
  }

  /** Multiplies in GF(2^8) with the polynomial 0x11d, bit by bit. */
  private static int times(int a, int b) {
    int product = 0;
    int shifted = a;
    for (int rest = b; rest != 0; rest >>= 1) {
      product ^= (rest & 1) == 0 ? 0 : shifted;
      shifted <<= 1;
      shifted ^= (shifted & 0x100) == 0 ? 0 : 0x11d;
    }
    return product;
  }

  private static void assertStriped(byte[] input, Path disks, int block, int data, int stripes)
      throws IOException {
    byte[] joined = new byte[block * data * stripes];
    for (int i = 0; i < data; i++) {
      byte[] disk = Files.readAllBytes(disks.resolve("data-%02d.bin".formatted(i)));
      for (int s = 0; s < stripes; s++) {
        System.arraycopy(disk, s * block, joined, (s * data + i) * block, block);
      }
    }
    byte[] padded = new byte[joined.length];
    System.arraycopy(input, 0, padded, 0, input.length);
    assertArrayEquals(padded, joined);
  }

  @ParameterizedTest
  @CsvSource({"P, p", "Q, q", "DATA, data-\\d\\d"})
  void oneFlippedByteIsNamedByStripeAndDisk(String where, String disk) throws Exception {
    Path file = input(16 * MEBIBYTE);
    try (Instance instance =
        Instance.start(scratch, "", "demo", file.toString(), "--corrupt", where)) {
      assertEquals(3, instance.end(), instance::toString);
      String named = "(?s).*stripe=\\d+, disk=" + disk + ",.*";
      assertTrue(instance.err().matches(named), instance::toString);
    }
  }

  @Test
  void softDeviceRunsTheVectorKernels() throws Exception {
    try (Instance instance = Instance.start(scratch, "-Dasynctx.log=INFO")) {
      instance.end("dma:await soft0 60\n");
      assertTrue(instance.err().contains("kernels=vector-"), instance::toString);
    }
  }

  @Test
  void missingInputIsUsageError() throws Exception {
    try (Instance instance = Instance.start(scratch, "", "demo", scratch + "/none")) {
      assertEquals(64, instance.end(), instance::toString);
      assertTrue(instance.err().contains("/none"), instance::toString);
    }
  }

  @Test
  void aScriptPrintsJsonAloneOnStandardOutput() throws Exception {
    try (Instance instance = Instance.start(scratch, "")) {
      assertEquals(0, instance.end("dma:await soft0 60\ndma:channels -j\n"), instance::toString);
      String out = instance.out().strip();
      assertTrue(out.startsWith("[") && out.endsWith("]"), instance::toString);
      assertTrue(out.contains("\"soft0/0\""), out);
    }
  }
}
