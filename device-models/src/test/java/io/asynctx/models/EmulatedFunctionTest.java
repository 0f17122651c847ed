package io.asynctx.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.bus.BarWindow;
import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.DmaDirection;
import io.asynctx.dmaengine.bus.DmaMappingException;
import io.asynctx.dmaengine.bus.FunctionBusyException;
import io.asynctx.models.ioat.IoatModel;
import io.asynctx.models.ioat.IoatProfile;
import io.asynctx.models.ioat.IoatSettings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

final class EmulatedFunctionTest {
  private final Arena arena = Arena.ofShared();
  private final IoatModel model =
      new IoatModel(IoatSettings.asynchronous(IoatProfile.RAID).withChannels(2));
  private final EmulatedFunction function = new EmulatedFunction(model, "0000:00:04.0", 1, 3);

  @AfterEach
  void close() {
    function.close();
    arena.close();
  }

  private static void says(Class<? extends RuntimeException> type, String words, Executable call) {
    final RuntimeException thrown = assertThrows(type, call);
    assertTrue(thrown.getMessage().contains(words), thrown.getMessage());
  }

  @Test
  void itsIdentityIsThatOfItsConfigurationSpace() {
    assertEquals("0000:00:04.0 8086:0b00 emulated", function.toString());
    assertTrue(function.emulated());
    assertEquals(0x088000, function.identity().classCode());
    assertEquals(4, function.identity().revision());
    assertEquals(1, function.identity().numaNode());
    assertEquals(0x8086, function.identity().subsystemVendor());
  }

  @Test
  void itHasOneOwnerAtATime() {
    assertNull(function.owner());
    final ClaimedFunction claim = function.claim("ioat0");
    assertEquals("ioat0", function.owner());
    assertSame(function, claim.function());
    says(FunctionBusyException.class, "owner=ioat0", () -> function.claim("ioat1"));
    claim.close();
    claim.close();
    assertNull(function.owner());
    function.claim("ioat1").close();
  }

  @Test
  void afterCloseEverythingButCloseIsRefused() {
    final ClaimedFunction claim = function.claim("ioat0");
    final BarWindow bar = claim.bar(0);
    final MemorySegment memory = arena.allocate(8);
    final long iova = claim.mapDma(memory, DmaDirection.BOTH);
    claim.close();
    final Executable[] calls = {
      () -> bar.read8(0),
      () -> bar.write8(0, 0),
      () -> claim.bar(0),
      () -> claim.configSize(),
      () -> claim.readConfig8(0),
      () -> claim.writeConfig8(0, 0),
      () -> claim.mapDma(memory, DmaDirection.BOTH),
      () -> claim.unmapDma(iova),
      () -> claim.dmaPageSize(),
      () -> claim.interruptVectors(),
      () -> claim.enableInterrupts(1),
      () -> claim.disableInterrupts(),
      () -> claim.interrupt(0),
      () -> claim.reset()
    };
    for (Executable call : calls) {
      says(IllegalStateException.class, "claim is closed: function=0000:00:04.0", call);
    }
    assertFalse(claim.gone());
  }

  @Test
  void accessesOutsideAreRefusedByName() {
    final ClaimedFunction claim = function.claim("ioat0");
    final BarWindow bar = claim.bar(0);
    assertEquals(0x4000, bar.size());
    assertEquals(0, claim.bar(1).size());
    final Class<IndexOutOfBoundsException> outside = IndexOutOfBoundsException.class;
    final Class<IllegalArgumentException> odd = IllegalArgumentException.class;
    says(outside, "offset=0x4000, width=1", () -> bar.read8(0x4000));
    says(outside, "offset=0x3ffc, width=8", () -> bar.read64(0x3ffc));
    says(outside, "bar=0, offset=0x", () -> bar.write32(-4, 0));
    says(outside, "bar=1", () -> claim.bar(1).read8(0));
    says(odd, "offset=0x81, width=2", () -> bar.write16(0x81, 0));
    says(odd, "offset=0x8c, width=8", () -> bar.read64(0x8c));
    says(outside, "index=6", () -> claim.bar(6));
    says(outside, "index=-1", () -> claim.bar(-1));
    assertEquals(4096, claim.configSize());
    says(outside, "offset=0x1000, width=1, size=4096", () -> claim.readConfig8(4096));
    says(outside, "offset=0xffe, width=4", () -> claim.writeConfig32(4094, 0));
    says(odd, "offset=0x1, width=2", () -> claim.readConfig16(1));
    assertThrows(UnsupportedOperationException.class, () -> bar.writeBlock(0, arena.allocate(64)));
    assertEquals(0x0b00, claim.readConfig16(2));
    claim.writeConfig8(0x3c, 0x5a);
    assertEquals(0x5a, claim.readConfig8(0x3c));
  }

  @Test
  void mappingsAreCountedAndNeverReused() {
    final ClaimedFunction claim = function.claim("ioat0");
    final MemorySegment memory = arena.allocate(3 * 4096, 4096).asSlice(100, 5000);
    assertEquals(4096, claim.dmaPageSize());
    final long first = claim.mapDma(memory, DmaDirection.TO_DEVICE);
    assertEquals(100, first % 4096, "the place in its page stays");
    final long second = claim.mapDma(memory, DmaDirection.FROM_DEVICE);
    claim.mapDma(memory, DmaDirection.BOTH);
    says(
        DmaMappingException.class,
        "mappings=3; unmap some",
        () -> claim.mapDma(memory, DmaDirection.BOTH));
    claim.unmapDma(first);
    says(IllegalArgumentException.class, "iova=0x", () -> claim.unmapDma(first));
    assertNotEquals(first, claim.mapDma(memory, DmaDirection.BOTH));
    claim.unmapDma(second);
    says(
        IllegalArgumentException.class,
        "native=false, size=8",
        () -> claim.mapDma(MemorySegment.ofArray(new byte[8]), DmaDirection.BOTH));
    says(
        IllegalArgumentException.class,
        "native=true, size=0",
        () -> claim.mapDma(arena.allocate(8).asSlice(8), DmaDirection.BOTH));
  }

  @Test
  void directionsAndClosedMemoryAreFaults() {
    final ClaimedFunction claim = function.claim("ioat0");
    final ModelHost host = (ModelHost) claim;
    final byte[] bytes = new byte[9];
    final long read = claim.mapDma(arena.allocate(8), DmaDirection.TO_DEVICE);
    final long write = claim.mapDma(arena.allocate(8), DmaDirection.FROM_DEVICE);
    assertTrue(host.read(read, bytes, 8));
    assertFalse(host.write(read, bytes, 8));
    assertFalse(host.writeLong(read, 1));
    assertTrue(host.write(write, bytes, 8));
    assertTrue(host.writeLong(write, 1));
    assertFalse(host.read(write, bytes, 8));
    assertFalse(host.read(read, bytes, 9), "a byte more");
    assertFalse(host.read(read - 1, bytes, 1));
    assertFalse(host.read(0, bytes, 1));
    final Arena brief = Arena.ofShared();
    final long closed = claim.mapDma(brief.allocate(8), DmaDirection.BOTH);
    brief.close();
    assertFalse(host.read(closed, bytes, 8), "its owner closed it while it was mapped");
    assertFalse(host.write(closed, bytes, 8));
    assertFalse(host.writeLong(closed, 1));
  }

  @Test
  void anUnmapWaitsForTheAccessOnItsWay() throws Exception {
    final ClaimedFunction claim = function.claim("ioat0");
    final int size = 1 << 25; // long enough for the unmap to come in between
    final byte[] bytes = new byte[size];
    final MemorySegment memory = arena.allocate(size);
    for (int round = 0; round < 10; round++) {
      final long iova = claim.mapDma(memory, DmaDirection.BOTH);
      final CountDownLatch begun = new CountDownLatch(1);
      final Thread device =
          new Thread(
              () -> {
                begun.countDown();
                ((ModelHost) claim).write(iova, bytes, size);
              },
              "device");
      device.start();
      begun.await();
      claim.unmapDma(iova);
      memory.set(ValueLayout.JAVA_BYTE, size - 1, (byte) 1);
      device.join();
      assertEquals(1, memory.get(ValueLayout.JAVA_BYTE, size - 1), "written after the unmap");
    }
  }

  @Test
  void interruptsAreEnabledInOrderAndKept() throws InterruptedException {
    final ClaimedFunction claim = function.claim("ioat0");
    assertEquals(2, claim.interruptVectors());
    says(IndexOutOfBoundsException.class, "vector=0, enabled=0", () -> claim.interrupt(0));
    says(IllegalArgumentException.class, "count=3, min=1, max=2", () -> claim.enableInterrupts(3));
    claim.disableInterrupts();
    claim.enableInterrupts(2);
    says(IllegalStateException.class, "count=2; disable", () -> claim.enableInterrupts(1));
    assertEquals(0x8001, claim.readConfig16(0x82));
    final ModelHost host = (ModelHost) claim;
    host.raiseVector(1);
    host.raiseVector(1);
    assertTrue(claim.interrupt(1).await(0));
    claim.interrupt(1).unmask();
    assertFalse(claim.interrupt(1).await(0), "two that were kept are one");
    assertFalse(claim.interrupt(0).await(TimeUnit.MILLISECONDS.toNanos(1)));
    final var source = claim.interrupt(0);
    claim.disableInterrupts();
    host.raiseVector(0);
    assertFalse(source.await(0));
    assertEquals(0x0001, claim.readConfig16(0x82));
  }

  @Test
  void aClaimLeavesTheFunctionQuietAndReset() {
    final ClaimedFunction claim = function.claim("ioat0");
    claim.writeConfig16(0x04, 0x0107);
    claim.bar(0).write32(0xac, 5);
    claim.enableInterrupts(1);
    claim.close();
    final ClaimedFunction next = function.claim("ioat0");
    assertEquals(0, next.readConfig16(0x04));
    assertEquals(1, next.readConfig16(0x82));
    assertEquals(0, next.bar(0).read32(0xac));
    next.writeConfig16(0x98, 0xa810);
    assertEquals(0x2810, next.readConfig16(0x98), "a function level reset");
  }
}
