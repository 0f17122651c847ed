package io.asynctx.tester;

import io.asynctx.dmaengine.dto.DeviceDTO;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The demo: a file laid over the disks of a RAID-6 array, every stripe damaged and rebuilt, while
 * drivers come, go and are updated. Keeps a window of stripes under way, so that there is always
 * work in the engine's queues.
 *
 * <p>Threading: one thread runs it, once.
 */
final class DemoJob {

  /** How long a step waits for a driver to come back before it lets the CPU do the work. */
  static final Duration CHANNEL_PATIENCE = Duration.ofSeconds(5);

  private static final int WINDOW = 16;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration FIRST_DEVICE = Duration.ofSeconds(10);
  private static final int HASH_BUFFER = 1 << 20;

  private final Engine engine;
  private final Path input;
  private final Layout layout;
  private final DiskFiles files;
  private final @Nullable Integer corruptDisk;
  private final Progress progress;
  private final Ledger ledger;
  private final SplittableRandom random;
  private long finishedBytes;

  /**
   * A job on an engine.
   *
   * @param corruptDisk the disk to change one byte of, in the stripe in the middle; null for none
   * @param seed of the random bytes
   */
  DemoJob(
      Engine engine,
      Path input,
      Layout layout,
      DiskFiles files,
      @Nullable Integer corruptDisk,
      Progress progress,
      long seed) {
    this.engine = engine;
    this.input = input;
    this.layout = layout;
    this.files = files;
    this.corruptDisk = corruptDisk;
    this.progress = progress;
    this.ledger = new Ledger(engine.async());
    this.random = new SplittableRandom(seed);
  }

  /** Symbolic name of the software driver that is served; waits a while for the first one. */
  static String driver(Engine engine) throws InterruptedException {
    return driver(engine, FIRST_DEVICE);
  }

  static String driver(Engine engine, Duration patience) throws InterruptedException {
    final long deadline = System.nanoTime() + patience.toNanos();
    do {
      for (DeviceDTO device : engine.inspector().devices()) {
        if (device.kind().equals("software") && device.state().equals("serving")) {
          return device.driver();
        }
      }
      Engine.pause();
    } while (System.nanoTime() - deadline < 0);
    throw new IllegalStateException(
        "no software device is served: engine="
            + engine.name()
            + ", devices="
            + engine.inspector().devices().stream().map(d -> d.name() + " " + d.state()).toList()
            + "; start io.asynctx.driver.soft, see dma:doctor");
  }

  /**
   * Runs it.
   *
   * @throws Damage if a stripe's parity does not fit its data
   * @throws IOException if the input changes, or a disk cannot be written
   */
  DemoResult run(HotPlug hotPlug) throws Exception {
    final long began = System.nanoTime();
    final FileTime modified = Files.getLastModifiedTime(input);
    final String sha256In = sha256(input);
    final List<String> failures = new ArrayList<>();
    final List<Events.Event> events;
    final List<String> versions = new ArrayList<>(List.of(hotPlug.original().toString()));
    try (Events upheaval =
        new Events(engine, ledger, progress, hotPlug, random.split(), layout.stripes())) {
      stripes(upheaval);
      failures.addAll(upheaval.join());
      events = upheaval.events();
      if (upheaval.updated() != null) {
        versions.add(upheaval.updated().toString());
      }
    }
    if (Files.size(input) != layout.inputBytes()
        || !Files.getLastModifiedTime(input).equals(modified)) {
      throw new IOException(
          "input changed while it was read: file="
              + input
              + ", bytes="
              + layout.inputBytes()
              + ", now="
              + Files.size(input)
              + "; run again when nothing writes to it");
    }
    files.complete();
    final String sha256Out = sha256(files.recovered());
    final DemoResult result =
        new DemoResult(
            input.toString(),
            layout.inputBytes(),
            sha256In,
            sha256Out,
            ledger.submitted(),
            new DemoResult.Ended(ledger.ok(), ledger.error(), ledger.aborted()),
            ledger.callbacks(),
            ledger.shares(),
            ledger.synchronous(),
            ledger.displaced(),
            events,
            Math.round((System.nanoTime() - began) / 1e6) / 1e3,
            layout.stripes(),
            List.of());
    failures.addAll(
        0, result.judge(hotPlug.driver(), versions, String.valueOf(ledger.firstFailure())));
    return result.with(failures);
  }

  private void stripes(Events events) throws Exception {
    final Deque<Stripe> free = new ArrayDeque<>();
    final Deque<Stripe> busy = new ArrayDeque<>();
    final List<Stripe> all = new ArrayList<>();
    try (FileChannel in = FileChannel.open(input, StandardOpenOption.READ)) {
      for (int i = 0; i < Math.min(WINDOW, layout.stripes()); i++) {
        all.add(new Stripe(layout, ledger, engine.buffers()));
      }
      free.addAll(all);
      long next = 0;
      while (next < layout.stripes() || !busy.isEmpty()) {
        while (next < layout.stripes() && !free.isEmpty()) {
          events.at(next);
          final Stripe stripe = free.remove();
          busy.add(stripe);
          begin(stripe, next++, in);
        }
        final Stripe stripe = busy.remove();
        advance(stripe);
        (stripe.step() == Stripe.Step.FREE ? free : busy).add(stripe);
      }
    } finally {
      end(all);
    }
  }

  private void begin(Stripe stripe, long number, FileChannel in)
      throws IOException, InterruptedException {
    stripe.take(number);
    read(stripe, in);
    engine.awaitChannel(CHANNEL_PATIENCE);
    stripe.generate();
    engine.async().issuePendingAll();
  }

  private void read(Stripe stripe, FileChannel in) throws IOException {
    final long bytes = layout.bytesIn(stripe.number());
    final ByteBuffer buffer = stripe.content().asByteBuffer();
    buffer.limit((int) bytes);
    long at = layout.offset(stripe.number());
    while (buffer.hasRemaining()) {
      final int got = in.read(buffer, at);
      if (got < 0) {
        throw new IOException(
            "input became shorter while it was read: file="
                + input
                + ", expected="
                + layout.inputBytes()
                + " bytes, end="
                + at
                + "; run again when nothing writes to it");
      }
      at += got;
    }
    stripe.content().asSlice(bytes).fill((byte) 0);
  }

  /** Waits for the stripe's step, and submits the next one. */
  private void advance(Stripe stripe) throws IOException, InterruptedException, Damage {
    if (!stripe.batch().await(PATIENCE)) {
      throw new IllegalStateException(
          "operations did not end in time: stripe=%d, step=%s, seconds=%d, channels=%s; see dma:ops and dma:doctor"
              .formatted(
                  stripe.number(),
                  stripe.step(),
                  PATIENCE.toSeconds(),
                  engine.inspector().channels().stream()
                      .map(c -> c.name() + " " + c.state())
                      .toList()));
    }
    if (stripe.batch().failed()) {
      throw new IllegalStateException(
          "operation failed: stripe=%d, step=%s, first: %s; see dma:doctor"
              .formatted(stripe.number(), stripe.step(), ledger.firstFailure()));
    }
    switch (stripe.step()) {
      case GENERATE -> {
        store(stripe);
        corrupt(stripe);
        engine.awaitChannel(CHANNEL_PATIENCE);
        stripe.check();
        engine.async().issuePendingAll();
      }
      case CHECK -> {
        stripe.verdict();
        engine.awaitChannel(CHANNEL_PATIENCE);
        stripe.recover(random);
        engine.async().issuePendingAll();
      }
      case RECOVER -> {
        stripe.verdict();
        finish(stripe);
      }
      case FREE -> throw new IllegalStateException("stripe without a step is not busy");
    }
  }

  private void store(Stripe stripe) throws IOException {
    for (int disk = 0; disk < layout.disks(); disk++) {
      files.block(stripe.number(), disk, stripe.disk(disk));
    }
  }

  private void corrupt(Stripe stripe) {
    if (corruptDisk != null && stripe.number() == layout.stripes() / 2) {
      stripe.flip(corruptDisk);
    }
  }

  private void finish(Stripe stripe) throws IOException {
    final long bytes = layout.bytesIn(stripe.number());
    files.recovered(layout.offset(stripe.number()), stripe.content().asSlice(0, bytes));
    stripe.free();
    finishedBytes += bytes;
    progress.at(finishedBytes);
  }

  /** Gives the memory back, after what is under way has ended; later, if that takes too long. */
  private void end(List<Stripe> stripes) {
    boolean interrupted = false;
    for (Stripe stripe : stripes) {
      stripe.abandon(engine.async());
      try {
        if (!interrupted) {
          stripe.batch().await(PATIENCE);
        }
      } catch (InterruptedException e) {
        interrupted = true; // the buffers know when they are idle
      }
      stripe.close();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The SHA-256 of a file, by a read of its own. */
  static String sha256(Path file) throws IOException {
    final MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
    final ByteBuffer buffer = ByteBuffer.allocate(HASH_BUFFER);
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      while (in.read(buffer) >= 0) {
        digest.update(buffer.flip());
        buffer.clear();
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
