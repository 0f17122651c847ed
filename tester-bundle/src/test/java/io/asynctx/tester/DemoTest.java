package io.asynctx.tester;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class DemoTest {

  private static final int STRIPE = Layout.BLOCK_SIZE * Layout.DATA_DISKS;

  private final FakeEngine engine = new FakeEngine();
  private final FakeHotPlug hotPlug = new FakeHotPlug(engine);
  private final Captured out = new Captured();
  private final Captured err = new Captured();

  @TempDir private Path folder;

  @AfterEach
  void nothingWasMisused() {
    engine.close();
    assertEquals(List.of(), engine.breaches);
    assertEquals(List.of(), List.copyOf(engine.open), "buffers are still lent");
  }

  private Path input(int bytes) throws IOException {
    final byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    return Files.write(folder.resolve("input.bin"), content);
  }

  private int run(String... arguments) throws Exception {
    final List<String> all = new ArrayList<>(List.of(arguments));
    final DemoCommand.Order order =
        DemoCommand.Order.of(
            Options.parse(
                all,
                java.util.Set.of("--help"),
                java.util.Set.of("--out", "--corrupt", "--json", "--engine"),
                1));
    return DemoCommand.run(order, engine.services(), hotPlug, out.stream(), err.stream(), false);
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, Layout.BLOCK_SIZE, STRIPE - 1, STRIPE, STRIPE + 1, 13 * STRIPE + 777})
  void everyFileComesBackWhole(int bytes) throws Exception {
    final Path input = input(bytes);
    final Path kept = folder.resolve("kept");
    assertEquals(0, run(input.toString(), "--out", kept.toString()), err::toString);
    assertArrayEquals(Files.readAllBytes(input), Files.readAllBytes(kept.resolve("recovered.bin")));
    assertTrue(out.toString().contains("sha256 out  " + sha256(Files.readAllBytes(input))));
    assertEquals(0, engine.live(), "descriptors not given back");
    assertEquals(1, hotPlug.updates);
    assertEquals(1, hotPlug.undone);
    assertEquals("1.0.0", engine.version);
    assertEquals(java.util.Set.of("soft0"), engine.devices);
  }

  @Test
  void theDisksHoldWhatAnIndependentComputationSays() throws Exception {
    final Path input = input(2 * STRIPE + 70_000);
    final Path kept = folder.resolve("a/b/kept");
    assertEquals(0, run(input.toString(), "--out", kept.toString()), err::toString);
    final byte[] content = Files.readAllBytes(input);
    final byte[][] data = new byte[8][3 * 65536];
    for (int i = 0; i < content.length; i++) {
      final int block = i / 65536;
      data[block % 8][block / 8 * 65536 + i % 65536] = content[i];
    }
    final byte[] p = new byte[3 * 65536];
    final byte[] q = new byte[3 * 65536];
    final int[] g = {1, 2, 4, 8, 16, 32, 64, 128}; // the first eight powers need no reduction
    for (int i = 0; i < p.length; i++) {
      for (int d = 0; d < 8; d++) {
        p[i] ^= data[d][i];
        int product = 0; // carry-less product, then reduced from the top
        for (int bit = 0; bit < 8; bit++) {
          product ^= (g[d] >> bit & 1) != 0 ? (data[d][i] & 0xff) << bit : 0;
        }
        for (int bit = 15; bit >= 8; bit--) {
          product ^= (product >> bit & 1) != 0 ? 0x11d << (bit - 8) : 0;
        }
        q[i] ^= (byte) product;
      }
    }
    for (int d = 0; d < 8; d++) {
      assertArrayEquals(
          data[d], Files.readAllBytes(kept.resolve("data-0" + d + ".bin")), "disk " + d);
    }
    assertArrayEquals(p, Files.readAllBytes(kept.resolve("p.bin")));
    assertArrayEquals(q, Files.readAllBytes(kept.resolve("q.bin")));
    assertEquals(
        """
        {
          "blockSize": 65536,
          "dataDisks": 8,
          "stripes": 3,
          "inputBytes": 1118576
        }
        """,
        Files.readString(kept.resolve("layout.json")));
  }

  @Test
  void theBooksBalanceAndTheUpdateFoundWork() throws Exception {
    final Path json = folder.resolve("demo.json");
    assertEquals(0, run(input(5 * STRIPE).toString(), "--json", json.toString()), err::toString);
    final String text = Files.readString(json);
    assertTrue(text.contains("\"submitted\": " + engine.submitted + ","), text);
    assertTrue(text.contains("\"callbacks\": " + engine.submitted + ","), text);
    assertTrue(text.contains("\"bundleVersion\": \"1.0.0\""), text);
    assertTrue(text.contains("\"bundleVersion\": \"1.0.1\""), text);
    assertTrue(text.contains("\"kind\": \"update\""), text);
    assertTrue(text.contains("\"kind\": \"remove-device\""), text);
    assertTrue(text.contains("\"failures\": []"), text);
    assertTrue(out.toString().contains("all held"), out::toString);
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(2, files.count(), "input and JSON, nothing else");
    }
  }

  @Test
  void jsonOnStandardOutputIsAlone() throws Exception {
    assertEquals(0, run(input(1).toString(), "--json", "-"), err::toString);
    assertTrue(out.toString().startsWith("{\n"), out::toString);
    assertTrue(out.toString().endsWith("}" + System.lineSeparator()), out::toString);
    assertTrue(err.toString().contains("all held"), err::toString);
  }

  @ParameterizedTest
  @CsvSource({"P, p", "Q, q", "DATA, data-04"})
  void aFlippedByteIsFoundByStripeAndDisk(String corrupt, String disk) throws Exception {
    final Path json = folder.resolve("demo.json");
    final String path = input(6 * STRIPE).toString();
    final Damage damage =
        assertThrows(
            Damage.class, () -> run(path, "--corrupt", corrupt, "--json", json.toString()));
    assertTrue(damage.getMessage().contains("stripe=3, disk=" + disk), damage.getMessage());
    assertTrue(damage.getMessage().contains("offset=32768"), damage.getMessage());
    assertFalse(Files.exists(json));
    assertEquals(0, engine.live(), "descriptors not given back");
    assertEquals("1.0.0", engine.version);
  }

  @Test
  void aFlippedByteInAFileOfOneByteIsFoundToo() throws Exception {
    final String path = input(1).toString();
    final Damage damage = assertThrows(Damage.class, () -> run(path, "--corrupt", "data"));
    assertTrue(damage.getMessage().contains("stripe=0, disk=data-04"), damage.getMessage());
  }

  @Test
  void aProviderThatRecoversWronglyIsCaught() throws Exception {
    engine.wrong = cap -> cap == DmaCap.RAID6_RECOV;
    final String path = input(STRIPE).toString();
    final Damage damage = assertThrows(Damage.class, () -> run(path));
    assertTrue(damage.getMessage().contains("stripe=0, disk=data-00"), damage.getMessage());
  }

  @Test
  void aCheckThatLiesIsCalledALiar() throws Exception {
    engine.wrong = cap -> cap == DmaCap.PQ_VAL;
    final String path = input(STRIPE).toString();
    final Damage damage = assertThrows(Damage.class, () -> run(path));
    assertTrue(damage.getMessage().contains("P and Q fit the data"), damage.getMessage());
  }

  @Test
  void aFailedOperationEndsTheJobWithItsDetail() throws Exception {
    final AtomicInteger ended = new AtomicInteger();
    engine.results = r -> ended.incrementAndGet() == 30 ? TransferResult.DEVICE_FAILED : r;
    final String path = input(20 * STRIPE).toString();
    final IllegalStateException e = assertThrows(IllegalStateException.class, () -> run(path));
    assertTrue(e.getMessage().contains("result=DEVICE_FAILED"), e.getMessage());
    assertEquals("1.0.0", engine.version);
  }

  @Test
  void lostCallbacksAreWaitedForAndThenReported() {
    // The ledger alone: a whole job would wait a minute.
    engine.callbackLost = true;
    final Ledger ledger = new Ledger(engine);
    final Ledger.Batch batch = new Ledger.Batch();
    ledger.submit(
        batch, new io.asynctx.async.SubmitControl(), (async, c) -> async.triggerCallback(c));
    assertFalse(assertDoesNotThrowInterrupted(() -> batch.await(java.time.Duration.ofMillis(50))));
    assertEquals(1, ledger.unfinished());
  }

  private interface Waits {
    boolean run() throws InterruptedException;
  }

  private static boolean assertDoesNotThrowInterrupted(Waits waits) {
    try {
      return waits.run();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anUpdateThatFailsIsNamedAndTheRestGoesOn() throws Exception {
    hotPlug.refuse = true;
    assertEquals(DemoCommand.NOT_HELD, run(input(5 * STRIPE).toString()));
    assertTrue(err.toString().contains("update refused: version=1.0.1"), err::toString);
    assertTrue(err.toString().contains("the driver was not updated"), err::toString);
    assertTrue(out.toString().contains("did NOT hold"), out::toString);
  }

  @Test
  void withoutADriverTheDemoSaysWhichToStart() {
    engine.leave();
    engine.devices.clear();
    final Exception e =
        assertThrows(
            IllegalStateException.class,
            () -> DemoJob.driver(engine.services(), java.time.Duration.ZERO));
    assertEquals(
        "no software device is served: engine=default, devices=[]; start io.asynctx.driver.soft,"
            + " see dma:doctor",
        e.getMessage());
  }

  @Test
  void aStoppedEngineEndsTheJobAndLeavesNothing() throws Exception {
    engine.stopped = true;
    final String path = input(5 * STRIPE).toString();
    final Exception e = assertThrows(IllegalStateException.class, () -> run(path));
    assertTrue(e.getMessage().contains("engine stopped"), e.getMessage());
  }

  @Test
  void aFileThatShrinksIsReportedWithItsSizes() throws Exception {
    final Path input = input(3 * STRIPE);
    final Layout layout = new Layout(Layout.BLOCK_SIZE, Layout.DATA_DISKS, 4L * STRIPE);
    final Path disks = Files.createDirectory(folder.resolve("disks"));
    try (DiskFiles files = new DiskFiles(disks, true, layout)) {
      final DemoJob job =
          new DemoJob(
              engine.services(),
              input,
              layout,
              files,
              null,
              new Progress(err.stream(), false, layout.inputBytes()),
              1);
      final IOException e = assertThrows(IOException.class, () -> job.run(hotPlug));
      assertTrue(e.getMessage().contains("expected=2097152 bytes, end=1572864"), e.getMessage());
    }
    assertFalse(Files.exists(disks));
  }

  @Test
  void aFileThatChangesIsReported() throws Exception {
    final Path input = input(STRIPE);
    final AtomicInteger ended = new AtomicInteger();
    engine.results =
        r -> {
          if (ended.incrementAndGet() == 3) {
            try {
              Files.setLastModifiedTime(
                  input, java.nio.file.attribute.FileTime.fromMillis(1_000_000_000_000L));
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          }
          return r;
        };
    final IOException e = assertThrows(IOException.class, () -> run(input.toString()));
    assertTrue(e.getMessage().contains("input changed"), e.getMessage());
  }

  @Test
  void aFullDiskIsReportedWithTheWayOut() throws Exception {
    final Path full = Path.of("/dev/full");
    org.junit.jupiter.api.Assumptions.assumeTrue(Files.exists(full), "no /dev/full here");
    final Path disks = Files.createDirectory(folder.resolve("disks"));
    Files.createSymbolicLink(disks.resolve("q.bin.part"), full);
    final String path = input(STRIPE).toString();
    final IOException e =
        assertThrows(IOException.class, () -> run(path, "--out", disks.toString()));
    assertTrue(e.getMessage().contains("q.bin, offset=0, bytes=65536"), e.getMessage());
    assertTrue(e.getMessage().contains("--out"), e.getMessage());
    assertTrue(Files.exists(full));
    try (Stream<Path> left = Files.list(disks)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void aRunThatFailsLeavesAnEarlierResultAlone() throws Exception {
    final Path disks = folder.resolve("disks");
    final String path = input(3 * STRIPE).toString();
    assertEquals(0, run(path, "--out", disks.toString()));
    final byte[] before = Files.readAllBytes(disks.resolve("p.bin"));
    assertThrows(Damage.class, () -> run(path, "--out", disks.toString(), "--corrupt", "P"));
    org.junit.jupiter.api.Assertions.assertArrayEquals(
        before, Files.readAllBytes(disks.resolve("p.bin")));
    try (Stream<Path> left = Files.list(disks)) {
      assertEquals(12, left.count());
    }
  }

  @Test
  void whatIsWrittenIsNeverWhatIsRead() throws Exception {
    final Path disks = Files.createDirectory(folder.resolve("disks"));
    final Path input = Files.copy(input(STRIPE), disks.resolve("p.bin"));
    final Path link = Files.createSymbolicLink(folder.resolve("link"), input);
    final String[][] orders = {
      {input.toString(), "--out", disks.toString()},
      {link.toString(), "--out", disks.toString()},
      {input.toString(), "--json", link.toString()},
      {link.toString(), "--json", input.toString()},
      {
        input(STRIPE).toString(),
        "--out",
        folder.toString(),
        "--json",
        folder.resolve("recovered.bin").toString()
      },
    };
    for (String[] order : orders) {
      final UsageException e = assertThrows(UsageException.class, () -> run(order));
      assertTrue(e.getMessage().contains("would replace"), e.getMessage());
      assertEquals(STRIPE, Files.size(input));
    }
  }

  @Test
  void progressIsALineATenthWhenPiped() throws Exception {
    assertEquals(0, run(input(20 * STRIPE).toString()));
    final List<String> lines = err.toString().lines().toList();
    assertEquals(10, lines.stream().filter(l -> l.contains(" %  ")).count(), lines::toString);
    assertFalse(err.toString().contains("\r"));
  }
}
