package io.asynctx.models.ioat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.driver.InterruptSource;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class IoatStatesTest {
  private static final int ACTIVE = 0;
  private static final int IDLE = 1;
  private static final int SUSPENDED = 2;
  private static final int HALTED = 3;
  private static final int ARMED = 4;
  private static final int SUSPEND = 0x04;
  private static final int RESET = 0x20;
  private static final int CHANCMD = 0x84;
  private static final int CHANERR = 0xa8;
  private static final int CHANERRMSK = 0xac;
  private static final long LONG_LATENCY = TimeUnit.SECONDS.toNanos(10);

  private static Rig slow(IoatProfile profile) {
    return new Rig(IoatSettings.asynchronous(profile).withLatencyNanos(LONG_LATENCY));
  }

  private static void copies(Rig rig, int from, int to) {
    for (int i = from; i < to; i++) {
      rig.copy(i % Rig.RING, rig.dataAt, rig.dataAt + 0x8000, 64, Rig.COMPLETE);
    }
  }

  @Test
  void aChannelIsHaltedAfterResetAndArmedByAChain() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      assertEquals(HALTED, rig.status());
      rig.start();
      assertEquals(ARMED, rig.status(), "address 0, as DPDK compares it");
      copies(rig, 0, 2);
      rig.doorbell(2);
      assertEquals(rig.slot(1) | IDLE, rig.status());
      rig.bar.write8(CHANCMD, RESET);
      assertEquals(0, rig.bar.read8(CHANCMD));
      assertEquals(HALTED, rig.status());
      assertEquals(0, rig.bar.read16(0x86));
      assertEquals(0, rig.bar.read16(0x80));
    }
  }

  @Test
  void theLowHalfOfAChainDoesNotArm() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.bar.write32(0x90, (int) rig.slot(0));
      assertEquals(HALTED, rig.status());
      rig.bar.write32(0x94, (int) (rig.slot(0) >>> 32));
      assertEquals(ARMED, rig.status());
      assertEquals(rig.slot(0), rig.bar.read64(0x90));
      assertEquals((int) rig.slot(0), rig.bar.read32(0x90));
      assertEquals((int) (rig.slot(0) >>> 32), rig.bar.read32(0x94));
      rig.bar.write8(CHANCMD, RESET);
      rig.bar.write64(0x90, rig.slot(0));
      assertEquals(ARMED, rig.status());
    }
  }

  @Test
  void aDoorbellMakesItActiveAtOnce() {
    try (Rig rig = slow(IoatProfile.RAID)) {
      rig.start();
      copies(rig, 0, 1);
      rig.doorbell(1);
      assertEquals(ACTIVE, rig.status());
      assertEquals(0, rig.model.descriptors());
    }
  }

  @Test
  void theCountIsAbsoluteAndWraps() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.start(0);
      copies(rig, 0, Rig.RING);
      final int step = 60;
      for (int count = 0; count < 0x10000 + step; count += step) {
        rig.doorbell(count & 0xffff);
      }
      final int last = 0x10000 / step * step + step;
      assertEquals(last, rig.model.descriptors());
      rig.doorbell(last & 0xffff);
      assertEquals(last, rig.model.descriptors(), "the same count is no more work");
      assertEquals(rig.slot((last - 1) % Rig.RING) | IDLE, rig.completed());
    }
  }

  @Test
  void aChainAddressStartsTheCountAgainWithoutAReset() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.start();
      copies(rig, 0, 3);
      rig.doorbell(3);
      rig.start();
      assertEquals(ARMED, rig.status());
      rig.doorbell(1);
      assertEquals(rig.slot(0) | IDLE, rig.status());
      assertEquals(4, rig.model.descriptors());
    }
  }

  @Test
  void suspendStopsBeforeTheNextAndIsSeenAtOnceWhenIdle() {
    try (Rig rig = slow(IoatProfile.RAID)) {
      rig.start();
      copies(rig, 0, 1);
      rig.doorbell(1);
      rig.bar.write8(CHANCMD, SUSPEND);
      assertEquals(SUSPENDED, rig.status());
      rig.model.latencyNanos(0);
      rig.doorbell(2);
      assertEquals(SUSPENDED, rig.status());
      assertEquals(0, rig.model.descriptors());
      rig.bar.write8(CHANCMD, 0x10);
      rig.bar.write8(CHANCMD, SUSPEND);
      rig.start();
      assertEquals(ARMED, rig.status(), "a chain starts a suspended channel again");
    }
  }

  @Test
  void suspendedAndResumedItGoesOn() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.start();
      copies(rig, 0, 2);
      rig.doorbell(1);
      rig.bar.write8(CHANCMD, SUSPEND);
      assertEquals(rig.slot(0) | SUSPENDED, rig.status());
      rig.doorbell(2);
      assertEquals(1, rig.model.descriptors());
      rig.bar.write8(CHANCMD, 0x10);
      assertEquals(rig.slot(1) | IDLE, rig.status());
    }
  }

  @Test
  void anErrorNamesTheLastGoodDescriptorAndHalts() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.start(0x0c); // completion and abort on error, as DPDK has it
      copies(rig, 0, 4);
      rig.word(2, 1, 0); // nothing is mapped at address 0
      rig.doorbell(4);
      assertEquals(rig.slot(1) | HALTED, rig.completed());
      assertEquals(rig.slot(1) | HALTED, rig.status());
      assertEquals(1, rig.errors());
      assertEquals(2, rig.model.descriptors());
      rig.doorbell(5);
      assertEquals(HALTED, rig.state(), "a doorbell does not wake it");

      rig.start(0x0c);
      assertEquals(HALTED, rig.state(), "not before the error was cleared");
      rig.bar.write32(CHANERR, rig.errors());
      rig.bar.write8(CHANCMD, RESET);
      rig.start(0x0c);
      assertEquals(ARMED, rig.status());
    }
  }

  @Test
  void withoutErrorCompletionNothingIsWritten() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.start(0);
      copies(rig, 0, 1);
      rig.word(0, 2, 0);
      rig.doorbell(1);
      assertEquals(0, rig.completed());
      assertEquals(2, rig.errors());
    }
  }

  /** What is wrong in slot 0, and the bit of CHANERR. */
  @ParameterizedTest
  @CsvSource({
    "source, 0",
    "destination, 1",
    "next, 2",
    "nextAlignment, 3",
    "chain, 4",
    "command, 5",
    "pageBreak, 10",
    "bundle, 10",
    "size, 11",
    "zero, 11",
    "completion, 12",
    "sed, 14",
    "extension, 2",
    "extensionAlignment, 3",
    "count, 18",
    "bothDisabled, 10"
  })
  void everyMistakeHasItsBit(String mistake, int bit) {
    final IoatProfile profile = mistake.equals("sed") ? IoatProfile.BWD : IoatProfile.RAID;
    try (Rig rig = Rig.synchronous(profile)) {
      rig.start();
      copies(rig, 0, 2);
      int count = 2;
      switch (mistake) {
        case "source" -> rig.word(0, 1, rig.dataAt + (1 << 20) - 63);
        case "destination" -> rig.word(0, 2, rig.dataAt - 1);
        case "next" -> rig.word(0, 3, rig.slot(0) - 64);
        case "nextAlignment" -> rig.word(0, 3, rig.slot(1) + 8);
        case "chain" -> {
          rig.bar.write64(0x90, rig.slot(0) + 8);
        }
        case "command" -> rig.bar.write8(CHANCMD, 0x40);
        case "pageBreak" -> rig.head(0, 64, 1 << 6);
        case "bundle" -> rig.head(0, 64, 1 << 8);
        case "size" -> rig.head(0, (1 << 20) + 1, 0);
        case "zero" -> rig.head(0, 0, 0);
        case "completion" -> rig.bar.write64(0x98, rig.completionAt + 64);
        case "sed" -> rig.head(0, 64, 0xa0 << 24);
        case "extension", "extensionAlignment" -> {
          rig.head(0, 64, 0x87 << 24 | 4 << 5);
          rig.word(0, 3, mistake.equals("extension") ? 0 : rig.slot(1) + 1);
        }
        case "count" -> {
          rig.head(0, 64, 0x89 << 24 | 2 << 5);
          count = 1;
        }
        case "bothDisabled" -> rig.head(0, 64, 0x89 << 24 | 3 << 11);
        default -> throw new AssertionError(mistake);
      }
      rig.doorbell(count);
      assertEquals(1 << bit, rig.errors());
      assertEquals(HALTED, rig.state());
      rig.bar.write32(CHANERR, 0);
      assertEquals(1 << bit, rig.errors(), "a zero clears nothing");
      rig.bar.write32(CHANERR, 1 << bit);
      assertEquals(0, rig.errors());
    }
  }

  @Test
  void aMaskedErrorStopsNothing() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.bar.write32(CHANERRMSK, 1);
      rig.start();
      copies(rig, 0, 2);
      rig.word(0, 1, 0);
      rig.doorbell(2);
      assertEquals(rig.slot(1) | IDLE, rig.status());
      assertEquals(0, rig.errors());
      rig.bar.write8(CHANCMD, RESET);
      assertEquals(1, rig.bar.read32(CHANERRMSK), "Linux sets it once, before its resets");
    }
  }

  @Test
  void withoutBusMasteringNothingIsRead() {
    try (Rig rig = Rig.synchronous(IoatProfile.SKX)) {
      rig.claim.writeConfig16(0x04, 0x0103);
      rig.start(0);
      copies(rig, 0, 1);
      rig.doorbell(1);
      assertEquals(4, rig.errors());
      assertEquals(4, rig.claim.readConfig32(0x180), "old parts mirror it");
      rig.claim.writeConfig32(0x180, 4);
      assertEquals(0, rig.claim.readConfig32(0x180));
    }
  }

  @Test
  void coalescedCompletionsAreOne() {
    try (Rig rig = new Rig(IoatSettings.synchronous(IoatProfile.RAID).withCoalesce(true))) {
      rig.model.log().start();
      rig.start();
      copies(rig, 0, 9);
      rig.copy(9, rig.dataAt, rig.dataAt + 0x8000, 64, 0);
      rig.doorbell(10);
      assertEquals(rig.slot(8) | IDLE, rig.completed(), "the last that asked for one");
      assertEquals(
          1,
          rig.model.log().entries().stream().filter(a -> a.register().startsWith("CMPL")).count());
    }
  }

  @Test
  void anInterruptComesForEachArming() throws InterruptedException {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.claim.enableInterrupts(1);
      final InterruptSource source = rig.claim.interrupt(0);
      rig.bar.write8(0x03, 0x09);
      rig.start();
      for (int i = 0; i < 4; i++) {
        rig.copy(i, rig.dataAt, rig.dataAt + 0x8000, 64, Rig.COMPLETE | Rig.INTERRUPT);
      }
      rig.doorbell(1);
      assertTrue(source.await(0));
      rig.doorbell(2);
      assertFalse(source.await(0), "not armed");
      rig.bar.write16(0x80, Rig.RUN);
      assertTrue(source.await(0), "it was waiting for that");
      rig.bar.write16(0x80, Rig.RUN);
      assertFalse(source.await(0));
      assertEquals(0x0f, rig.bar.read8(0x03), "status, and enabled, until it is read");
      assertEquals(1, rig.bar.read32(0x04));
      assertEquals(0, rig.bar.read32(0x04));
      assertEquals(0x09, rig.bar.read8(0x03));
      rig.bar.write8(0x03, 0);
      rig.doorbell(3);
      assertFalse(source.await(0), "switched off");
    }
  }

  @Test
  void eachChannelHasItsVector() throws InterruptedException {
    try (Rig rig = new Rig(IoatSettings.synchronous(IoatProfile.RAID).withChannels(2))) {
      rig.claim.enableInterrupts(2);
      rig.bar.write8(0x03, 0x09);
      rig.base = 0x100;
      rig.start();
      rig.copy(0, rig.dataAt, rig.dataAt + 0x8000, 64, Rig.COMPLETE | Rig.INTERRUPT);
      rig.doorbell(1);
      assertFalse(rig.claim.interrupt(0).await(0));
      assertTrue(rig.claim.interrupt(1).await(0));
      assertEquals(2, rig.bar.read8(0x00));
      assertEquals(2, rig.bar.read32(0x04));
    }
  }

  @Test
  void delayedInterruptsAreOne() throws InterruptedException {
    try (Rig rig = new Rig(IoatSettings.asynchronous(IoatProfile.RAID))) {
      rig.claim.enableInterrupts(1);
      rig.model.log().start();
      rig.bar.write8(0x03, 0x09);
      rig.bar.write16(0x0c, 0x3fff); // 16 ms
      assertEquals(0xbfff, rig.bar.read16(0x0c));
      rig.start();
      for (int i = 0; i < 20; i++) {
        rig.copy(i, rig.dataAt, rig.dataAt + 0x8000, 64, Rig.COMPLETE | Rig.INTERRUPT);
      }
      rig.doorbell(20);
      rig.awaitCompleted(rig.slot(19) | IDLE);
      assertTrue(rig.claim.interrupt(0).await(TimeUnit.SECONDS.toNanos(20)));
      assertEquals(
          1,
          rig.model.log().entries().stream().filter(a -> a.register().startsWith("IRQ")).count());
    }
  }

  @Test
  void errorInterruptsFollowTheirEnable() throws InterruptedException {
    for (int control : new int[] {0x1d, 0x0d}) {
      try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
        rig.claim.enableInterrupts(1);
        rig.bar.write8(0x03, 0x09);
        rig.start(control);
        copies(rig, 0, 1);
        rig.word(0, 1, 0);
        rig.doorbell(1);
        assertEquals((control & 0x10) != 0, rig.claim.interrupt(0).await(0));
      }
    }
  }

  @Test
  void theAtomPartsForgetTheirFirstVector() throws InterruptedException {
    try (Rig rig = Rig.synchronous(IoatProfile.BWD)) {
      rig.claim.enableInterrupts(1);
      final long address = rig.bar.read64(0x1000);
      final long data = rig.bar.read64(0x1008);
      for (boolean restored : new boolean[] {true, false}) {
        rig.bar.write8(CHANCMD, RESET);
        assertEquals(0, rig.bar.read64(0x1000));
        if (restored) {
          rig.bar.write64(0x1000, address);
          rig.bar.write64(0x1008, data);
        }
        rig.bar.write8(0x03, 0x09);
        rig.start();
        rig.copy(0, rig.dataAt, rig.dataAt + 0x8000, 64, Rig.COMPLETE | Rig.INTERRUPT);
        rig.doorbell(1);
        assertEquals(restored, rig.claim.interrupt(0).await(0));
      }
    }
  }

  @Test
  void aMaskedVectorIsPendingUntilItIsNot() throws InterruptedException {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.claim.enableInterrupts(1);
      rig.bar.write32(0x2000 + 12, 1);
      rig.bar.write8(0x03, 0x09);
      rig.start();
      rig.copy(0, rig.dataAt, rig.dataAt + 0x8000, 64, Rig.COMPLETE | Rig.INTERRUPT);
      rig.doorbell(1);
      assertFalse(rig.claim.interrupt(0).await(0));
      rig.bar.write8(0x3000, 0);
      assertEquals(1, rig.bar.read8(0x3000), "the pending array is the device's");
      rig.bar.write32(0x2000 + 12, 0);
      assertTrue(rig.claim.interrupt(0).await(0));
      assertEquals(0, rig.bar.read8(0x3000));
    }
  }

  @Test
  void wrongWidthsAndReadOnlyRegistersHaveNoEffectAndAreNoted() {
    try (Rig rig = Rig.synchronous(IoatProfile.SKX)) {
      rig.bar.write8(0x00, 7);
      rig.bar.write32(0x80, 0x1d);
      assertEquals(1, rig.bar.read8(0x00));
      assertEquals(0, rig.bar.read16(0x80));
      assertEquals(2, rig.model.violations().size());
      assertTrue(
          rig.model.violations().get(0).contains("CHANCNT"), rig.model.violations().toString());
      assertTrue(rig.model.violations().get(1).endsWith("wrong width"));
      assertEquals(0x1401, rig.bar.read16(0x00), "bytes side by side");
      assertEquals(0x32, rig.bar.read32(0x08));
    }
  }

  @Test
  void anAbortIsAReset() {
    try (Rig rig = slow(IoatProfile.RAID)) {
      rig.start();
      copies(rig, 0, 1);
      rig.doorbell(1);
      rig.bar.write8(CHANCMD, 0x08);
      assertEquals(HALTED, rig.status());
    }
  }

  @Test
  void aChainUnderAnActiveChannelIsAnError() {
    try (Rig rig = slow(IoatProfile.RAID)) {
      rig.start();
      copies(rig, 0, 1);
      rig.doorbell(1);
      rig.bar.write64(0x90, rig.slot(1));
      assertEquals(1 << 4, rig.errors());
      assertEquals(HALTED, rig.state());
    }
  }
}
