package io.asynctx.models.vfiouser;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.asynctx.models.ioat.IoatModel;
import io.asynctx.models.ioat.IoatProfile;
import io.asynctx.models.ioat.IoatSettings;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Peers that mean harm: messages of right and wrong shape, descriptors of every kind of file,
 * memory that is cut off, rings of noise. What is asserted: the server serves the next peer, no
 * descriptor is left open, and no byte changes that was not mapped.
 */
final class VfioUserFuzzTest {
  private static final int PEERS = 6;
  private static final int MESSAGES = 150;
  private static final int FILE_BYTES = 1 << 20;
  private static final int WINDOW_AT = 0x40000;
  private static final int WINDOW_BYTES = 0x10000;
  private static final byte CANARY = 0x5a;
  private static final int MAX_COMMAND = 18;

  @TempDir Path folder;

  /** What a peer has in its hands. */
  private static final class Peer {
    final Random random;
    final Client client;
    final int sealed = Client.memoryFile(FILE_BYTES, true);
    final int loose = Client.memoryFile(FILE_BYTES, false);
    final int event = Client.eventFile();
    final int[] pipe = Client.pipe();
    final MemorySegment memory;
    private final Thread drain;

    Peer(Path path, Random random) throws IOException {
      this.random = random;
      client = new Client(path);
      memory = Libc.map(sealed, FILE_BYTES, true);
      memory.fill(CANARY);
      drain = new Thread(this::drain, "fuzz-drain");
      drain.start();
    }

    /** Takes what comes; a request of the server's gets an answer of any shape. */
    private void drain() {
      final Random answers = new Random(random.nextLong());
      try {
        while (true) {
          final Message message = client.receive();
          if (!message.isReply()) {
            answer(message.reply(new byte[answers.nextInt(64)]));
          }
        }
      } catch (IOException e) {
        // the session has ended
      }
    }

    private void answer(Message reply) {
      try {
        client.send(reply);
      } catch (IOException e) {
        // this side sends no more; the other finds out
      }
    }

    /** A file to map; never the sealed one, of which only the window may change. */
    int other() {
      return random.nextInt(4) == 0 ? pipe[0] : random.nextInt(4) == 0 ? event : loose;
    }

    int file() {
      return switch (random.nextInt(6)) {
        case 0, 1, 2 -> sealed;
        case 3 -> loose;
        case 4 -> event;
        default -> pipe[random.nextInt(2)];
      };
    }

    int[] files() {
      final int[] files = new int[random.nextInt(4) == 0 ? random.nextInt(9) : random.nextInt(2)];
      Arrays.setAll(files, i -> file());
      return files;
    }

    long number() {
      return switch (random.nextInt(8)) {
        case 0 -> 0;
        case 1 -> -1;
        case 2 -> random.nextLong();
        case 3 -> Long.MAX_VALUE - random.nextInt(0x2000);
        case 4 -> 0x1000L * random.nextInt(0x200);
        case 5 -> Integer.MAX_VALUE;
        default -> random.nextInt(0x20);
      };
    }

    byte[] noise(int most) {
      final byte[] bytes = new byte[random.nextInt(most)];
      random.nextBytes(bytes);
      return bytes;
    }

    byte[] payload(int command) {
      return switch (command) {
        case Message.VERSION -> new byte[] {0, 0, 0, 0, '{', '}', 0};
        case Message.DMA_MAP ->
            Client.mapping(number() & -0x1000, number() & -0x1000, random.nextInt(5), number());
        case Message.DMA_UNMAP -> Client.range(number(), number(), random.nextInt(3));
        case Message.SET_IRQS ->
            Client.irqs(
                random.nextBoolean() ? 0x24 : random.nextInt(64),
                random.nextInt(6),
                random.nextInt(4) - 1,
                random.nextInt(4));
        case Message.REGION_READ ->
            Message.buffer(16)
                .putLong(number())
                .putInt(random.nextInt(9))
                .putInt((int) number())
                .array();
        case Message.REGION_WRITE ->
            Client.writing(
                random.nextInt(9), random.nextInt(0x200), 1 << random.nextInt(4), number());
        default -> noise(64);
      };
    }

    /** Points a channel at a ring of noise, or of copies to anywhere, in the mapped window. */
    void mischief(long iova) throws IOException {
      for (int at = 0; at < 0x1000; at += 64) {
        final ByteBuffer descriptor = Message.buffer(64);
        descriptor
            .putInt(random.nextInt(0x3000))
            .putInt(random.nextInt(4) == 0 ? random.nextInt() : 9);
        descriptor.putLong(iova + random.nextInt(2 * WINDOW_BYTES));
        descriptor.putLong(iova - WINDOW_BYTES + random.nextInt(3 * WINDOW_BYTES));
        descriptor.putLong(iova + 64 * random.nextInt(64));
        MemorySegment.copy(
            descriptor.array(), 0, memory, ValueLayout.JAVA_BYTE, WINDOW_AT + at, 64);
      }
      client.post(Client.CONFIG, 0x04, 2, 0x107);
      client.post(Client.BAR0, 0x03, 1, 9);
      client.post(Client.BAR0, 0xa8, 4, -1);
      client.post(Client.BAR0, 0x84, 1, 0x20);
      client.post(Client.BAR0, 0x80, 2, 0x1d);
      client.post(Client.BAR0, 0x98, 8, iova + random.nextInt(WINDOW_BYTES + 0x100));
      client.post(Client.BAR0, 0x90, 8, iova);
      client.post(Client.BAR0, 0x86, 2, random.nextInt(0x200));
    }

    void step() throws IOException {
      switch (random.nextInt(16)) {
        case 0 ->
            client.send(new Message(1, 3 + random.nextInt(0x10000 - 3), 0, 0, noise(300), files()));
        case 1 ->
            client.send(
                new Message(2, 2, random.nextInt(64), random.nextInt(), noise(64), new int[0]));
        case 2 ->
            Client.truncate(loose, random.nextBoolean() ? FILE_BYTES : random.nextInt(0x2000));
        case 3 -> mischief(WINDOW_AT);
        default -> {
          final int command = 1 + random.nextInt(MAX_COMMAND);
          client.send(
              new Message(
                  random.nextInt(0x10000),
                  command,
                  random.nextInt(4) == 0 ? Message.NO_REPLY : 0,
                  0,
                  payload(command),
                  command == Message.DMA_MAP ? new int[] {other()} : files()));
        }
      }
    }

    /** Says no more, waits until everything said was served, and gives back what memory holds. */
    byte[] leave() throws InterruptedException {
      client.endOfMessages();
      drain.join(TimeUnit.SECONDS.toMillis(60));
      assertFalse(drain.isAlive(), "the session hangs");
      client.close();
      final byte[] held = memory.toArray(ValueLayout.JAVA_BYTE);
      Libc.unmap(memory);
      Client.close(sealed, loose, event, pipe[0], pipe[1]);
      return held;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  @Timeout(60)
  void aHostilePeerHarmsNobody(long seed) throws Exception {
    final Path path = folder.resolve("fuzz.sock");
    final Random random = new Random(seed);
    // A first session loads every class before open files are counted.
    round(path, random, 1);
    final long before = Client.openFiles();
    round(path, random, PEERS);
    assertEquals(before, Client.openFiles(), "descriptors open, seed=" + seed);
  }

  private static void round(Path path, Random random, int peers) throws Exception {
    final IoatProfile profile = IoatProfile.values()[random.nextInt(4)];
    final IoatModel model = new IoatModel(IoatSettings.asynchronous(profile));
    final VfioUserServer server = new VfioUserServer(model, path, false);
    for (int i = 0; i < peers; i++) {
      attack(path, random);
    }
    try (Client honest = new Client(path)) {
      honest.version();
      assertEquals(0x8086, honest.read(Client.CONFIG, 0, 2), "the next peer is served");
    }
    server.close();
    model.close();
  }

  /** The window is the only part of the sealed file that a peer maps for writing. */
  private static void attack(Path path, Random random) throws Exception {
    final Peer peer = new Peer(path, random);
    try {
      peer.client.send(Message.command(1, Message.VERSION, new byte[] {0, 0, 0, 0, '{', '}', 0}));
      peer.client.send(
          new Message(
              2,
              Message.DMA_MAP,
              0,
              0,
              Client.mapping(WINDOW_AT, WINDOW_BYTES, 3, WINDOW_AT),
              new int[] {peer.sealed}));
      peer.client.send(
          new Message(
              3,
              Message.DMA_MAP,
              0,
              0,
              Client.mapping(WINDOW_AT + WINDOW_BYTES, WINDOW_BYTES, 1, WINDOW_AT + WINDOW_BYTES),
              new int[] {peer.sealed}));
      for (int i = 0; i < MESSAGES; i++) {
        peer.step();
      }
      if (random.nextBoolean()) {
        peer.client.sendRaw(peer.noise(40)); // ends in the middle, or is no message at all
      }
    } catch (IOException e) {
      // thrown out, which is a right answer too
    }
    final byte[] expected = new byte[FILE_BYTES];
    Arrays.fill(expected, CANARY);
    final byte[] now = peer.leave();
    System.arraycopy(now, WINDOW_AT, expected, WINDOW_AT, WINDOW_BYTES);
    assertArrayEquals(expected, now, "bytes outside the mapping");
  }
}
