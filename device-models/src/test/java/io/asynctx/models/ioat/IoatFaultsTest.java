package io.asynctx.models.ioat;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.bus.DmaDirection;
import io.asynctx.dmaengine.bus.FunctionGoneException;
import io.asynctx.dmaengine.driver.InterruptSource;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class IoatFaultsTest {
  private static final int ACTIVE = 0;
  private static final int IDLE = 1;
  private static final int HALTED = 3;
  private static final int ARMED = 4;
  private static final int CHANCMD = 0x84;
  private static final int SIZE = 64;
  private static final int TO = 0x8000;

  private static void copies(Rig rig, int count) {
    for (int i = 0; i < count; i++) {
      rig.copy(i, rig.dataAt, rig.dataAt + TO, SIZE, Rig.COMPLETE | Rig.INTERRUPT);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "address-error, 0",
    "destination-error, 1",
    "read-data-error, 8",
    "write-data-error, 9"
  })
  void errorsHaveTheirBitAndSpareNullDescriptors(String fault, int bit) {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.model.faults().on(fault);
      rig.start(0x0c);
      rig.copy(0, 0, 0, 1, 0x29);
      copies(rig, 2);
      rig.copy(0, 0, 0, 1, 0x29);
      rig.doorbell(2);
      assertEquals(1 << bit, rig.errors());
      assertEquals(rig.slot(0) | HALTED, rig.completed());
    }
  }

  @Test
  void aHaltGivesNoReason() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.model.faults().on(Fault.HALT);
      rig.start();
      copies(rig, 1);
      rig.doorbell(1);
      assertEquals(HALTED, rig.status());
      assertEquals(0, rig.errors());
      assertEquals(0, rig.model.descriptors());
    }
  }

  @Test
  void aStuckChannelIsActiveUntilItsReset() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.model.faults().once(Fault.STUCK);
      rig.start();
      copies(rig, 2);
      rig.doorbell(1);
      rig.doorbell(2);
      assertEquals(ACTIVE, rig.status());
      rig.bar.write8(CHANCMD, 0x20);
      assertEquals(HALTED, rig.status());
      rig.start();
      rig.doorbell(2);
      assertEquals(rig.slot(1) | IDLE, rig.status());
    }
  }

  @Test
  void neverQuietLastsUntilTheFunctionIsReset() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.model.faults().on(Fault.NEVER_QUIET);
      rig.start();
      copies(rig, 2);
      rig.doorbell(1);
      rig.bar.write8(CHANCMD, 0x04);
      assertEquals(IDLE, rig.state(), "not suspended");
      rig.bar.write8(CHANCMD, 0x20);
      assertEquals(0x20, rig.bar.read8(CHANCMD), "pending for ever");
      rig.doorbell(2);
      assertEquals(rig.slot(1) | IDLE, rig.status(), "it works on");
      assertTrue(rig.claim.reset());
      assertEquals(0, rig.bar.read8(CHANCMD));
      assertEquals(HALTED, rig.status());
      assertEquals(0, rig.claim.readConfig16(0x04), "power-on values, so no bus master");
    }
  }

  @Test
  void aLostInterruptIsLost() throws InterruptedException {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.claim.enableInterrupts(1);
      final InterruptSource source = rig.claim.interrupt(0);
      rig.model.faults().once(Fault.LOST_INTERRUPT);
      rig.bar.write8(0x03, 0x09);
      rig.start();
      copies(rig, 2);
      rig.doorbell(1);
      assertFalse(source.await(0));
      rig.bar.write16(0x80, Rig.RUN);
      assertFalse(source.await(0), "arming does not bring it back");
      rig.doorbell(2);
      assertTrue(source.await(0));
    }
  }

  @Test
  void aLateCompletionComesAfterItsInterrupt() throws InterruptedException {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.claim.enableInterrupts(1);
      rig.model.faults().once(Fault.LATE_COMPLETION);
      rig.bar.write8(0x03, 0x09);
      rig.start();
      copies(rig, 1);
      rig.doorbell(1);
      assertTrue(rig.claim.interrupt(0).await(0));
      assertEquals(0, rig.completed());
      assertEquals(rig.slot(0) | IDLE, rig.status());
      assertEquals(rig.slot(0) | IDLE, rig.completed());
    }
    try (Rig rig = new Rig(IoatSettings.asynchronous(IoatProfile.RAID))) {
      rig.model.faults().once(Fault.LATE_COMPLETION);
      rig.start();
      copies(rig, 1);
      rig.doorbell(1);
      rig.awaitCompleted(rig.slot(0) | IDLE);
    }
  }

  @Test
  void everySeventhCopyIsWrongInOneBit() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.model.faults().on("bit-flip:every=7");
      rig.start();
      copies(rig, 21);
      final byte[] right = rig.bytes(0, SIZE);
      for (int i = 1; i <= 21; i++) {
        rig.doorbell(i);
        final byte[] got = rig.bytes(TO, SIZE);
        final int difference = got[0] ^ right[0];
        assertEquals(i % 7 == 0 ? 1 : 0, difference, "copy " + i);
        got[0] = right[0];
        assertArrayEquals(right, got);
      }
    }
  }

  @Test
  void theWrongPolynomialSpoilsOnlyQ() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.data.set(JAVA_BYTE, 0, (byte) 0x80);
      rig.data.set(JAVA_BYTE, 0x1000, (byte) 0);
      for (int expected : new int[] {0x1d, 0x1b}) {
        rig.start();
        rig.head(0, 1, 0x89 << 24 | Rig.COMPLETE);
        rig.word(0, 1, rig.dataAt);
        rig.word(0, 2, rig.dataAt + TO);
        rig.word(0, 4, rig.dataAt + 0x1000);
        rig.word(0, 6, 0x0102);
        rig.word(0, 7, rig.dataAt + TO + 0x1000);
        rig.doorbell(1);
        assertEquals(0x80, rig.bytes(TO, 1)[0] & 0xff, "P");
        assertEquals(expected, rig.bytes(TO + 0x1000, 1)[0] & 0xff, "Q");
        rig.model.faults().on(Fault.WRONG_POLYNOMIAL);
      }
    }
  }

  @Test
  void aCheckThatNeverFails() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.model.faults().on(Fault.VALIDATE_NEVER_FAILS);
      rig.start();
      rig.head(0, SIZE, 0x88 << 24 | Rig.COMPLETE);
      rig.word(0, 1, rig.dataAt);
      rig.word(0, 2, rig.dataAt + 0x1000);
      rig.word(0, 4, rig.dataAt + 0x2000);
      rig.doorbell(1);
      assertEquals(rig.slot(0) | IDLE, rig.status());
      assertEquals(0, rig.errors());
    }
  }

  @Test
  void anExtendedDescriptorThatIsNotCountedLeadsBehindTheRing() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.model.faults().on(Fault.EXT_NOT_COUNTED);
      rig.start();
      copies(rig, 3);
      rig.head(0, SIZE, 0x87 << 24 | 4 << 5);
      for (int word : new int[] {1, 4, 5, 6, 7}) {
        rig.word(0, word, rig.dataAt);
      }
      rig.word(1, 0, rig.dataAt);
      rig.doorbell(2);
      assertEquals(2, rig.model.descriptors(), "the one after it was not announced");
    }
  }

  @Test
  void noArmedStateAndALateActiveOne() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.model.faults().on(Fault.NO_ARMED);
      rig.start();
      assertEquals(HALTED, rig.status());
    }
    final long latency = TimeUnit.SECONDS.toNanos(10);
    try (Rig rig = new Rig(IoatSettings.asynchronous(IoatProfile.RAID).withLatencyNanos(latency))) {
      rig.model.faults().on(Fault.LATE_ACTIVE);
      rig.start();
      copies(rig, 1);
      rig.doorbell(1);
      assertEquals(ARMED, rig.status());
    }
  }

  @Test
  void completionsThatNameTheWrongDescriptor() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.start();
      copies(rig, 4);
      rig.doorbell(1);
      rig.doorbell(2);
      rig.model.faults().once(Fault.COMPLETION_BACKWARDS);
      rig.doorbell(3);
      assertEquals(rig.slot(1) | IDLE, rig.completed());
      rig.model.faults().once(Fault.WRONG_COMPLETION);
      rig.doorbell(4);
      final long named = rig.completed() & ~63L;
      assertTrue(named < rig.slot(0) || named > rig.slot(Rig.RING - 1), "no slot of the ring");
    }
  }

  @Test
  void aCompletionWithoutData() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.model.faults().on(Fault.NO_DATA);
      final byte[] before = rig.bytes(TO, SIZE);
      rig.start();
      copies(rig, 1);
      rig.doorbell(1);
      assertEquals(rig.slot(0) | IDLE, rig.completed());
      assertArrayEquals(before, rig.bytes(TO, SIZE));
    }
  }

  @Test
  void registersThatChange() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.model.faults().on("registers-change:after=1");
      rig.start();
      copies(rig, 2);
      rig.doorbell(1);
      assertEquals(0x34, rig.bar.read8(0x08));
      assertEquals(1, rig.bar.read8(0x00));
      assertNotEquals(0, rig.bar.read32(0x10));
      rig.doorbell(2);
      assertEquals(0x12, rig.bar.read8(0x08));
      assertEquals(2, rig.bar.read8(0x00));
      assertEquals(0, rig.bar.read32(0x10));
    }
  }

  @Test
  void aFunctionThatVanishesReadsAsOnesAndWakesWhoWaits() throws InterruptedException {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.claim.enableInterrupts(1);
      final InterruptSource source = rig.claim.interrupt(0);
      rig.model.faults().on(Fault.VANISH);
      rig.start();
      copies(rig, 1);
      rig.doorbell(1);
      assertTrue(rig.claim.gone());
      assertTrue(rig.function.gone());
      assertEquals(0xff, rig.bar.read8(0));
      assertEquals(0xffff, rig.bar.read16(0x80));
      assertEquals(-1, rig.bar.read32(0xa8));
      assertEquals(-1L, rig.bar.read64(0x88));
      assertEquals(0xffff, rig.claim.readConfig16(0));
      assertEquals(-1, rig.claim.readConfig32(0));
      rig.bar.write16(0x80, 0);
      rig.claim.writeConfig16(4, 0);
      assertTrue(source.await(0), "who waits shall look");
      assertFalse(source.await(0), "once");
      assertFalse(rig.claim.reset());
      assertThrows(
          FunctionGoneException.class, () -> rig.claim.mapDma(rig.data, DmaDirection.BOTH));
      rig.claim.disableInterrupts();
      assertThrows(FunctionGoneException.class, () -> rig.claim.enableInterrupts(1));
      rig.claim.unmapDma(rig.dataAt);
      rig.claim.close();
      final FunctionGoneException gone =
          assertThrows(FunctionGoneException.class, () -> rig.function.claim("again"));
      assertTrue(gone.getMessage().contains("0000:00:04.0"), gone.getMessage());
    }
  }

  @Test
  void aRuleThatIsSwitchedOffFiresNoMore() {
    final Faults faults = new Faults();
    faults.on("halt:after=2:every=3:times=2");
    final StringBuilder fired = new StringBuilder();
    for (int i = 0; i < 14; i++) {
      fired.append(faults.fires(Fault.HALT) ? '!' : '.');
    }
    assertEquals("....!..!......", fired.toString());
    faults.on(Fault.HALT);
    assertTrue(faults.fires(Fault.HALT));
    faults.off(Fault.HALT);
    assertFalse(faults.fires(Fault.HALT));
    faults.on(Fault.HALT);
    faults.clear();
    assertFalse(faults.fires(Fault.HALT));
  }
}
