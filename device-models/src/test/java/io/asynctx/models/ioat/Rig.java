package io.asynctx.models.ioat;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.bus.BarWindow;
import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.DmaDirection;
import io.asynctx.models.EmulatedFunction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * A model in its function, claimed, with a ring of descriptors written by hand. Offsets are numbers
 * here on purpose: they are the facts a second time, and no class of the model is used for them.
 */
final class Rig implements AutoCloseable {
  static final int RING = 64;
  static final int COMPLETE = 0x08;
  static final int INTERRUPT = 0x01;
  static final int RUN = 0x1d;
  private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final int DATA_BYTES = 1 << 20;
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle COMPLETION =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  final Arena arena = Arena.ofShared();
  final IoatModel model;
  final EmulatedFunction function;
  final ClaimedFunction claim;
  final BarWindow bar;
  final MemorySegment ring = arena.allocate(RING * 64L, 4096);
  final MemorySegment completion = arena.allocate(64, 64);
  final MemorySegment data = arena.allocate(DATA_BYTES, 4096);
  final long ringAt;
  final long completionAt;
  final long dataAt;
  int base = 0x80;

  Rig(IoatSettings settings) {
    model = new IoatModel(settings);
    function = new EmulatedFunction(model, "0000:00:04.0");
    claim = function.claim("rig");
    bar = claim.bar(0);
    claim.writeConfig16(0x04, 0x0107);
    ringAt = claim.mapDma(ring, DmaDirection.BOTH);
    completionAt = claim.mapDma(completion, DmaDirection.FROM_DEVICE);
    dataAt = claim.mapDma(data, DmaDirection.BOTH);
    final byte[] noise = new byte[DATA_BYTES];
    new Random(5).nextBytes(noise);
    MemorySegment.copy(noise, 0, data, ValueLayout.JAVA_BYTE, 0, DATA_BYTES);
    for (int i = 0; i < RING; i++) {
      word(i, 3, slot((i + 1) % RING));
    }
  }

  static Rig synchronous(IoatProfile profile) {
    return new Rig(IoatSettings.synchronous(profile));
  }

  long slot(int index) {
    return ringAt + 64L * index;
  }

  void word(int slot, int index, long value) {
    ring.set(LONG, 64L * slot + 8L * index, value);
  }

  int resultOf(int slot) {
    return ring.get(INT, 64L * slot);
  }

  void head(int slot, int size, int control) {
    ring.set(INT, 64L * slot, size);
    ring.set(INT, 64L * slot + 4, control);
  }

  void copy(int slot, long from, long to, int size, int flags) {
    head(slot, size, flags);
    word(slot, 1, from);
    word(slot, 2, to);
  }

  /** Programs a channel as the Linux driver does, in halves, and makes it ready to be kicked. */
  void start() {
    start(RUN);
  }

  void start(int control) {
    bar.write16(base, control);
    bar.write32(base + 0x18, (int) completionAt);
    bar.write32(base + 0x1c, (int) (completionAt >>> 32));
    bar.write32(base + 0x10, (int) slot(0));
    bar.write32(base + 0x14, (int) (slot(0) >>> 32));
  }

  void doorbell(int count) {
    bar.write16(base + 0x06, count);
  }

  long status() {
    return bar.read64(base + 0x08);
  }

  int state() {
    return (int) status() & 7;
  }

  int errors() {
    return bar.read32(base + 0x28);
  }

  long completed() {
    return (long) COMPLETION.getAcquire(completion, 0L);
  }

  /** Waits until the channel has this state. */
  void awaitState(int state) {
    final long end = System.nanoTime() + TIMEOUT_NANOS;
    while (state() != state) {
      assertTrue(System.nanoTime() < end, "state=" + state() + ", waited for " + state);
      Thread.onSpinWait();
    }
  }

  void awaitCompleted(long value) {
    final long end = System.nanoTime() + TIMEOUT_NANOS;
    while (completed() != value) {
      assertTrue(
          System.nanoTime() < end, "completed=%x, waited for %x".formatted(completed(), value));
      Thread.onSpinWait();
    }
  }

  byte[] bytes(long offset, int length) {
    return data.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
  }

  @Override
  public void close() {
    claim.close();
    function.close();
    arena.close();
  }
}
