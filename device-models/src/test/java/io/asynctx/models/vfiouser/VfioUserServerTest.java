package io.asynctx.models.vfiouser;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.models.ioat.IoatModel;
import io.asynctx.models.ioat.IoatProfile;
import io.asynctx.models.ioat.IoatSettings;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class VfioUserServerTest {
  private static final long MIB = 1 << 20;
  private static final long IOVA = 0x1_0000_0000L;
  private static final long RING = IOVA;
  private static final long COMPLETION = IOVA + 0x1000;
  private static final long FROM = IOVA + 0x2000;
  private static final long TO = IOVA + 0x8000;
  private static final int SIZE = 5000;
  private static final int EINVAL = 22;
  private static final int WAIT_MILLIS = 20_000;

  @TempDir Path folder;
  private long filesBefore;
  private IoatModel model;
  private VfioUserServer server;
  private Client client;

  @BeforeEach
  void start() throws IOException {
    // Loads the classes, so that what they keep open is counted before.
    new VfioUserServer(
            new IoatModel(IoatSettings.synchronous(IoatProfile.SKX)),
            folder.resolve("first.sock"),
            false)
        .close();
    filesBefore = Client.openFiles();
    open(IoatSettings.asynchronous(IoatProfile.RAID).withChannels(2));
  }

  private void open(IoatSettings settings) throws IOException {
    model = new IoatModel(settings);
    server = new VfioUserServer(model, folder.resolve("ioat.sock"), false);
    client = new Client(folder.resolve("ioat.sock"));
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    server.close();
    model.close();
    assertEquals(filesBefore, Client.openFiles(), "descriptors open");
    assertFalse(Files.exists(folder.resolve("ioat.sock")));
  }

  /** Lays a ring of one copy into memory, as seen at {@link #IOVA}. */
  private static void copyDescriptor(MemorySegment memory) {
    final byte[] noise = new byte[SIZE];
    new Random(1).nextBytes(noise);
    MemorySegment.copy(noise, 0, memory, ValueLayout.JAVA_BYTE, FROM - IOVA, SIZE);
    memory.set(ValueLayout.JAVA_INT_UNALIGNED, 0, SIZE);
    memory.set(ValueLayout.JAVA_INT_UNALIGNED, 4, 0x09);
    memory.set(ValueLayout.JAVA_LONG_UNALIGNED, 8, FROM);
    memory.set(ValueLayout.JAVA_LONG_UNALIGNED, 16, TO);
    memory.set(ValueLayout.JAVA_LONG_UNALIGNED, 24, RING);
  }

  private void kick() throws IOException {
    client.write(Client.CONFIG, 0x04, 2, 0x107);
    client.write(Client.CONFIG, 0x82, 2, 0x8000);
    client.post(Client.BAR0, 0x03, 1, 0x09);
    client.post(Client.BAR0, 0x80, 2, 0x1d);
    client.post(Client.BAR0, 0x98, 8, COMPLETION);
    client.post(Client.BAR0, 0x90, 8, RING);
    client.post(Client.BAR0, 0x86, 2, 1);
  }

  private static byte[] bytes(MemorySegment memory, long at) {
    return memory.asSlice(at - IOVA, SIZE).toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void aSessionBeginsAsQemuBeginsIt() throws IOException {
    final ByteBuffer version = client.version();
    assertEquals(0, version.getInt());
    final byte[] words = new byte[version.remaining()];
    version.get(words);
    assertTrue(new String(words, "US-ASCII").contains("\"max_msg_fds\":8"));
    final ByteBuffer info = client.good(Message.DEVICE_GET_INFO, new byte[16]);
    assertEquals(16, info.getInt());
    assertEquals(3, info.getInt());
    assertEquals(9, info.getInt());
    assertEquals(5, info.getInt());
    final long[] sizes = {0x4000, 0, 0, 0, 0, 0, 0, 0x1000, 0};
    for (int i = 0; i < sizes.length; i++) {
      final ByteBuffer region =
          client.good(Message.GET_REGION_INFO, Message.buffer(32).putLong(32).putInt(i).array());
      assertEquals(sizes[i] == 0 ? 0 : 3, region.getInt(4));
      assertEquals(sizes[i], region.getLong(16));
    }
    final int[][] irqs = {{7, 1}, {9, 0}, {9, 2}, {9, 1}, {9, 1}};
    for (int i = 0; i < irqs.length; i++) {
      final ByteBuffer irq =
          client.good(Message.GET_IRQ_INFO, Message.buffer(16).putLong(16).putInt(i).array());
      assertEquals(irqs[i][0], irq.getInt(4));
      assertEquals(irqs[i][1], irq.getInt(12));
    }
    assertEquals(0x0b008086L, client.read(Client.CONFIG, 0, 4));
    final ByteBuffer whole =
        client.good(
            Message.REGION_READ,
            Message.buffer(16).putLong(0).putInt(Client.CONFIG).putInt(4096).array());
    assertEquals(16 + 4096, whole.remaining());
    assertEquals(0x80, whole.get(16 + 0x34) & 0xff);
    assertEquals(0x34, client.read(Client.BAR0, 0x08, 1));
    client.good(Message.DEVICE_RESET, new byte[0]);
  }

  @Test
  void aCopyThroughASharedFileInterrupts() throws IOException {
    client.version();
    final int file = Client.memoryFile(MIB, true);
    final MemorySegment memory = Libc.map(file, MIB, true);
    final int event = Client.eventFile();
    client.map(IOVA, MIB, file, 0);
    client.good(Message.SET_IRQS, Client.irqs(0x24, 2, 0, 1), event);
    copyDescriptor(memory);
    kick();
    assertTrue(Client.event(event, WAIT_MILLIS));
    assertEquals(RING | 1, memory.get(ValueLayout.JAVA_LONG, COMPLETION - IOVA));
    assertArrayEquals(bytes(memory, FROM), bytes(memory, TO));
    assertEquals(RING | 1, client.read(Client.BAR0, 0x88, 8));
    assertEquals(1, model.descriptors());
    Libc.unmap(memory);
    Client.close(file, event);
  }

  @Test
  void aFileThatMayShrinkIsNotMappedAndAShortOneIsAnError() throws IOException {
    client.version();
    final int file = Client.memoryFile(MIB, false);
    client.map(IOVA, MIB, file, 0);
    final MemorySegment memory = Libc.map(file, MIB, true);
    copyDescriptor(memory);
    kick();
    awaitStatus(RING | 1);
    assertArrayEquals(bytes(memory, FROM), bytes(memory, TO));
    Libc.unmap(memory);

    Client.truncate(file, 0x3000); // the descriptor is still there, the data not
    client.write(Client.BAR0, 0x90, 8, RING);
    client.write(Client.BAR0, 0x86, 2, 1);
    awaitStatus(3);
    assertEquals(1, client.read(Client.BAR0, 0xa8, 4), "source address");
    assertEquals(0x3000, Libc.identify(file).size(), "nothing was written behind the end");
    Client.close(file);
  }

  private void awaitStatus(long status) throws IOException {
    final long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS);
    long seen;
    while ((seen = client.read(Client.BAR0, 0x88, 8)) != status) {
      assertTrue(System.nanoTime() < end, "status=%x, waited for %x".formatted(seen, status));
    }
  }

  @Test
  void withoutFilesMemoryIsReachedByMessages() throws IOException {
    client.version();
    final byte[] memory = new byte[(int) MIB];
    copyDescriptor(MemorySegment.ofArray(memory));
    client.good(Message.DMA_MAP, Client.mapping(IOVA, MIB, 3, 0));
    kick();
    long completed = 0;
    while (completed == 0) {
      final Message request = client.receive();
      final ByteBuffer body = request.body();
      final int at = (int) (body.getLong() - IOVA);
      final int count = (int) body.getLong();
      final ByteBuffer answer = Message.buffer(16 + (int) MIB).putLong(at + IOVA).putLong(count);
      if (request.command() == Message.DMA_READ) {
        answer.put(memory, at, count);
      } else {
        assertEquals(Message.DMA_WRITE, request.command());
        body.get(memory, at, count);
        completed = ByteBuffer.wrap(memory).order(body.order()).getLong(0x1000);
      }
      final byte[] payload = new byte[answer.position()];
      answer.get(0, payload);
      client.send(request.reply(payload));
    }
    assertEquals(RING | 1, completed);
    final MemorySegment all = MemorySegment.ofArray(memory);
    assertArrayEquals(bytes(all, FROM), bytes(all, TO));
  }

  @Test
  void unmapEndsEveryMappingInsideItsRange() throws IOException {
    client.version();
    final int file = Client.memoryFile(MIB, true);
    for (int i = 0; i < 16; i++) {
      client.map(IOVA + i * 0x1000, 0x1000, file, i * 0x1000);
    }
    client.map(-0x1000, 0x1000, file, 0);
    client.unmap(IOVA + 0x1000, 0x2000);
    client.map(IOVA + 0x1000, 0x1000, file, 0); // both are free again
    client.map(IOVA + 0x2000, 0x1000, file, 0);
    assertEquals(
        17, client.errno(Message.DMA_MAP, Client.mapping(IOVA + 0x3000, 0x1000, 3, 0), file));
    client.unmap(0, Long.MAX_VALUE - 0xfff);
    client.map(IOVA, 0x10000, file, 0);
    assertEquals(17, client.errno(Message.DMA_MAP, Client.mapping(-0x1000, 0x1000, 3, 0), file));
    client.good(Message.DMA_UNMAP, Client.range(0, 0, 2));
    client.map(-0x1000, 0x1000, file, 0);
    Client.close(file);
  }

  @Test
  void aReadOnlyMappingIsNotWritten() throws IOException {
    client.version();
    final int file = Client.memoryFile(MIB, true);
    final MemorySegment memory = Libc.map(file, MIB, true);
    client.map(IOVA, 0x2000, file, 0);
    client.good(Message.DMA_MAP, Client.mapping(IOVA + 0x2000, MIB - 0x2000, 1, 0x2000), file);
    copyDescriptor(memory);
    kick();
    awaitStatus(3);
    assertEquals(2, client.read(Client.BAR0, 0xa8, 4), "destination address");
    assertArrayEquals(new byte[SIZE], bytes(memory, TO));
    Libc.unmap(memory);
    Client.close(file);
  }

  @Test
  void nothingBeforeTheVersion() throws IOException {
    assertEquals(EINVAL, client.errno(Message.DEVICE_GET_INFO, new byte[16]));
    final int file = Client.memoryFile(MIB, true);
    assertEquals(EINVAL, client.errno(Message.DMA_MAP, Client.mapping(0, MIB, 3, 0), file));
    Client.close(file);
    assertEquals(EINVAL, client.errno(Message.VERSION, new byte[] {1, 0, 0, 0}));
    client.version();
  }

  @Test
  void mistakesAreAnswered() throws IOException {
    client.version();
    final int file = Client.memoryFile(MIB, true);
    final int[] pipe = Client.pipe();
    final int map = Message.DMA_MAP;
    assertEquals(EINVAL, client.errno(map, new byte[31], file));
    assertEquals(EINVAL, client.errno(map, Client.mapping(0, MIB, 3, 0), file, file));
    assertEquals(EINVAL, client.errno(map, Client.mapping(1, MIB, 3, 0), file));
    assertEquals(EINVAL, client.errno(map, Client.mapping(0, 0, 3, 0), file));
    assertEquals(EINVAL, client.errno(map, Client.mapping(0, -0x1000, 3, 0), file));
    assertEquals(EINVAL, client.errno(map, Client.mapping(-0x1000, 0x2000, 3, 0), file));
    assertEquals(EINVAL, client.errno(map, Client.mapping(0, MIB, 3, -0x1000), file));
    assertEquals(EINVAL, client.errno(map, Client.mapping(0, MIB, 3, 0x1000), file), "beyond");
    assertEquals(EINVAL, client.errno(map, Client.mapping(0, MIB, 4, 0), file), "no such right");
    assertEquals(EINVAL, client.errno(map, Client.mapping(0, 0x1000, 3, 0), pipe[0]));
    assertEquals(EINVAL, client.errno(Message.DMA_UNMAP, new byte[20]));
    assertEquals(38, client.errno(6, new byte[0]));
    assertEquals(38, client.errno(0xffff, new byte[100], file));
    assertEquals(
        EINVAL,
        client.errno(Message.GET_REGION_INFO, Message.buffer(32).putLong(32).putInt(9).array()));
    assertEquals(
        EINVAL,
        client.errno(Message.GET_IRQ_INFO, Message.buffer(16).putLong(16).putInt(5).array()));
    assertEquals(EINVAL, client.errno(Message.GET_IRQ_INFO, new byte[8]));
    final int set = Message.SET_IRQS;
    assertEquals(EINVAL, client.errno(set, new byte[19], file));
    assertEquals(EINVAL, client.errno(set, Client.irqs(0x24, 2, 0, 3)));
    assertEquals(EINVAL, client.errno(set, Client.irqs(0x24, 2, Integer.MAX_VALUE, 2)));
    assertEquals(EINVAL, client.errno(set, Client.irqs(0x24, 5, 0, 1)));
    assertEquals(EINVAL, client.errno(set, Client.irqs(0x24, 2, -1, 1)));
    assertEquals(EINVAL, client.errno(set, Client.irqs(0x24, 2, 0, 1), pipe[1]), "no eventfd");
    assertEquals(EINVAL, client.errno(set, Client.irqs(0x24, 2, 0, 2), file), "one for two");
    assertEquals(EINVAL, client.errno(set, Client.irqs(0x14, 0, 0, 1)));
    for (long[] bad :
        new long[][] {{0x4000, 0, 1}, {0x3fff, 0, 2}, {-1, 0, 1}, {0, 1, 4}, {0, 7, 0}}) {
      assertEquals(
          EINVAL,
          client.errno(
              Message.REGION_READ,
              Message.buffer(16)
                  .putLong(bad[0])
                  .putInt((int) bad[1])
                  .putInt((int) bad[2])
                  .array()));
    }
    assertEquals(
        EINVAL,
        client.errno(
            Message.REGION_WRITE,
            Message.buffer(17).putLong(0).putInt(0).putInt(2).put((byte) 0).array()),
        "data is missing");
    Client.close(file, pipe[0], pipe[1]);
  }

  @Test
  void lineInterruptsMaskThemselves() throws IOException {
    client.version();
    final int file = Client.memoryFile(MIB, true);
    final MemorySegment memory = Libc.map(file, MIB, true);
    final int event = Client.eventFile();
    client.map(IOVA, MIB, file, 0);
    client.good(Message.SET_IRQS, Client.irqs(0x24, 0, 0, 1), event);
    copyDescriptor(memory);
    kick();
    client.write(Client.CONFIG, 0x82, 2, 0); // no MSI-X
    awaitStatus(RING | 1);
    client.write(Client.BAR0, 0x80, 2, 0x1d);
    client.write(Client.BAR0, 0x86, 2, 2);
    client.good(Message.SET_IRQS, Client.irqs(0x11, 0, 0, 1));
    assertTrue(Client.event(event, WAIT_MILLIS));
    client.good(Message.SET_IRQS, Client.irqs(0x09, 0, 0, 1));
    client.good(Message.SET_IRQS, Client.irqs(0x21, 0, 0, 1));
    assertTrue(Client.event(event, WAIT_MILLIS), "asked for by the peer itself");
    client.good(Message.SET_IRQS, Client.irqs(0x21, 0, 0, 0));
    Libc.unmap(memory);
    Client.close(file, event);
  }

  @Test
  void afterItsPeerItTakesTheNext() throws IOException {
    client.version();
    client.close();
    client = new Client(folder.resolve("ioat.sock"));
    assertEquals(EINVAL, client.errno(Message.DEVICE_GET_INFO, new byte[16]), "a new session");
    client.version();
  }

  @Test
  void onceItEndsWithItsPeer() throws Exception {
    server.close();
    client.close();
    server = new VfioUserServer(model, folder.resolve("ioat.sock"), true);
    client = new Client(folder.resolve("ioat.sock"));
    client.version();
    client.close();
    server.awaitEnd();
    client = new Client(offerSomething());
  }

  private Path offerSomething() throws IOException {
    server.close();
    server = new VfioUserServer(model, folder.resolve("ioat.sock"), false);
    return folder.resolve("ioat.sock");
  }

  @Test
  void closingItEndsTheSession() throws IOException {
    client.version();
    server.close();
    assertThrows(EOFException.class, client::receive);
  }

  @Test
  void aPathThatIsTooLongOrTakenIsNamed() {
    final String name = "x".repeat(120);
    final IOException tooLong =
        assertThrows(
            IOException.class, () -> new VfioUserServer(model, folder.resolve(name), false));
    assertTrue(tooLong.getMessage().contains("socket path too long"), tooLong.getMessage());
    final IOException taken =
        assertThrows(
            IOException.class, () -> new VfioUserServer(model, folder.resolve("ioat.sock"), false));
    assertTrue(taken.getMessage().contains("ioat.sock"), taken.getMessage());
  }
}
