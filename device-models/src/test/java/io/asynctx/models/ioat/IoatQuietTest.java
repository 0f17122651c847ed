package io.asynctx.models.ioat;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.bus.DmaDirection;
import io.asynctx.models.ModelHost;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model with a thread of its own says that it is quiet only when it is, and works in order. */
@Timeout(120)
final class IoatQuietTest {
  private static final int IDLE = 1;
  private static final int SUSPENDED = 2;
  private static final int HALTED = 3;
  private static final int CHANCMD = 0x84;
  private static final int HALF = 1 << 19;
  private static final byte MARK = 0x77;
  private static final int ROUNDS = 40;

  /** Ways to make a channel quiet. */
  enum Way {
    SUSPEND,
    RESET,
    FUNCTION_RESET,
    CLOSE
  }

  /** A ring of large copies that goes on for longer than the test looks. */
  private static void busy(Rig rig, long to) {
    for (int i = 0; i < Rig.RING; i++) {
      rig.copy(i, rig.dataAt, to, HALF, Rig.COMPLETE);
    }
    rig.start();
    rig.doorbell(0xffff);
  }

  private static void quiet(Rig rig, Way way) {
    switch (way) {
      case SUSPEND -> {
        rig.bar.write8(CHANCMD, 0x04);
        rig.awaitState(SUSPENDED);
      }
      case RESET -> {
        rig.bar.write8(CHANCMD, 0x20);
        final long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (rig.bar.read8(CHANCMD) != 0) {
          assertTrue(System.nanoTime() < end, "the reset does not end");
        }
        assertEquals(HALTED, rig.status());
      }
      case FUNCTION_RESET -> assertTrue(rig.claim.reset());
      case CLOSE -> rig.claim.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void onceQuietNothingIsWritten(Way way) {
    final Random random = new Random(way.ordinal());
    for (int round = 0; round < ROUNDS; round++) {
      try (Rig rig = new Rig(IoatSettings.asynchronous(IoatProfile.RAID))) {
        final MemorySegment target = rig.arena.allocate(HALF, 4096);
        final long destination = rig.claim.mapDma(target, DmaDirection.BOTH);
        busy(rig, destination);
        for (int i = random.nextInt(3000); i > 0; i--) {
          Thread.onSpinWait(); // another place in the copy each round
        }
        quiet(rig, way);
        target.fill(MARK);
        for (int i = 0; i < 3000; i++) {
          Thread.onSpinWait();
        }
        final byte[] seen = target.toArray(JAVA_BYTE);
        final byte[] marked = new byte[HALF];
        Arrays.fill(marked, MARK);
        assertArrayEquals(marked, seen, "written after " + way + ", round=" + round);
      }
    }
  }

  /** Memory of one page; a write waits in the middle until it is let go. */
  private static final class SlowHost implements ModelHost {
    final ByteBuffer page = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    final CountDownLatch inside = new CountDownLatch(1);
    final CountDownLatch letGo = new CountDownLatch(1);
    volatile boolean done;

    @Override
    public boolean read(long iova, byte[] to, int length) {
      page.get((int) iova, to, 0, length);
      return true;
    }

    @Override
    public boolean write(long iova, byte[] from, int length) {
      inside.countDown();
      try {
        letGo.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      done = true;
      return true;
    }

    @Override
    public boolean writeLong(long iova, long value) {
      return true;
    }

    @Override
    public void raiseVector(int vector) {}
  }

  @ParameterizedTest
  @ValueSource(strings = {"reset", "detach", "vanish", "close", "suspend", "channel reset"})
  void nothingReturnsWhileAnAccessIsOnItsWay(String call) throws Exception {
    final SlowHost host = new SlowHost();
    final IoatModel model = new IoatModel(IoatSettings.asynchronous(IoatProfile.SKX));
    model.attach(host);
    model.configWrite(0x04, 2, 0x107);
    host.page.putLong(64, 8L << 32 | 32).putLong(72, 512).putLong(80, 1024).putLong(88, 128);
    model.mmioWrite(0, 0x90, 8, 64);
    model.mmioWrite(0, 0x86, 2, 1);
    host.inside.await();
    final FutureTask<Boolean> done =
        new FutureTask<>(() -> {
          switch (call) {
            case "reset" -> model.reset();
            case "detach" -> model.detach();
            case "vanish" -> model.vanish();
            case "close" -> model.close();
            case "suspend" -> {
              model.mmioWrite(0, CHANCMD, 1, 0x04);
              while ((model.mmioRead(0, 0x88, 8) & 7) != SUSPENDED) {
                Thread.onSpinWait();
              }
            }
            default -> {
              model.mmioWrite(0, CHANCMD, 1, 0x20);
              while (model.mmioRead(0, CHANCMD, 1) != 0) {
                Thread.onSpinWait();
              }
            }
          }
          return host.done;
        });
    final Thread caller = new Thread(done, "caller");
    caller.start();
    // A wrong one has its chance to return before the access ends; a right one cannot.
    assertThrows(TimeoutException.class, () -> done.get(20, TimeUnit.MILLISECONDS));
    host.letGo.countDown();
    assertTrue(done.get(), "the access had ended");
    model.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void channelsWorkInOrderSideBySide(int channels) {
    try (Rig rig = new Rig(IoatSettings.asynchronous(IoatProfile.RAID).withChannels(channels))) {
      // Each copy carries the byte of the one before, so the last is right only in order.
      final int steps = Rig.RING - 1;
      for (int i = 0; i < steps; i++) {
        rig.copy(i, rig.dataAt + i * 0x1000L, rig.dataAt + (i + 1) * 0x1000L, 0x1000, Rig.COMPLETE);
      }
      final byte[] first = rig.bytes(0, 0x1000);
      for (int channel = channels - 1; channel >= 0; channel--) {
        rig.base = 0x80 * (channel + 1);
        rig.start();
        for (int i = 1; i <= steps; i++) {
          rig.doorbell(i);
        }
        rig.awaitState(IDLE);
        assertEquals(rig.slot(steps - 1) | IDLE, rig.status());
        assertArrayEquals(first, rig.bytes(steps * 0x1000L, 0x1000));
      }
      assertEquals((long) steps * channels, rig.model.descriptors("copy"));
    }
  }

  @Test
  void aModelThatIsClosedLeavesNoThread() {
    final IoatModel model = new IoatModel(IoatSettings.asynchronous(IoatProfile.SKX));
    final Thread thread =
        Thread.getAllStackTraces().keySet().stream()
            .filter(t -> t.getName().equals("ioat-skx-model"))
            .findFirst()
            .orElseThrow();
    assertTrue(thread.isDaemon());
    model.close();
    model.close();
    assertEquals(Thread.State.TERMINATED, thread.getState());
  }
}
