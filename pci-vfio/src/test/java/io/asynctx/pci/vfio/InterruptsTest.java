package io.asynctx.pci.vfio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.PciIdentity;
import io.asynctx.dmaengine.driver.InterruptSource;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Interrupts by eventfd. */
final class InterruptsTest {

  private static final long LONG = TimeUnit.MINUTES.toNanos(1);
  private static final long SHORT = TimeUnit.MILLISECONDS.toNanos(1);

  private final FakeKernel kernel = new FakeKernel();
  private final Groups groups =
      new Groups(new Kernel(kernel, new KernelFiles(Path.of("/fake/dev"), Path.of("/fake/sys"))));
  private final VfioFunction function =
      new VfioFunction(
          new PciIdentity(FakeSysfs.IOAT, 0x8086, 0x0b00, 0, 0, 0, 0, -1, 7), groups, () -> {});
  private final ClaimedFunction claim = function.claim("test");

  @AfterEach
  void nothingStaysOpen() {
    claim.close();
    assertEquals(0, kernel.descriptors(), "descriptors left open");
  }

  @Test
  void interruptsThatComeWhileNobodyWaitsAreKeptAsOne() throws InterruptedException {
    claim.enableInterrupts(2);
    final InterruptSource second = claim.interrupt(1);
    assertSame(second, claim.interrupt(1));
    kernel.interrupt(1);
    kernel.interrupt(1);
    assertTrue(second.await(LONG));
    assertFalse(second.await(SHORT));
    assertFalse(claim.interrupt(0).await(SHORT), "the interrupt of another vector");
    second.unmask();
    kernel.interrupt(1);
    assertTrue(second.await(0));
  }

  @Test
  void whoWaitsIsWokenByTheInterrupt() throws Exception {
    claim.enableInterrupts(1);
    final InterruptSource source = claim.interrupt(0);
    final CompletableFuture<Boolean> waiter = waiter(source);
    kernel.interrupt(0);
    assertTrue(waiter.get(1, TimeUnit.MINUTES));
  }

  @Test
  void whoWaitsCanBeInterrupted() throws InterruptedException {
    claim.enableInterrupts(1);
    Thread.currentThread().interrupt();
    assertThrows(InterruptedException.class, () -> claim.interrupt(0).await(LONG));
    assertFalse(Thread.interrupted());
  }

  @Test
  void disabledInterruptsAreNotDeliveredAndCanBeEnabledAgain() throws InterruptedException {
    claim.enableInterrupts(1);
    final InterruptSource source = claim.interrupt(0);
    claim.disableInterrupts();
    claim.disableInterrupts();
    kernel.interrupt(0);
    assertFalse(source.await(SHORT));
    assertThrows(IndexOutOfBoundsException.class, () -> claim.interrupt(0));
    claim.enableInterrupts(4);
    kernel.interrupt(3);
    assertTrue(claim.interrupt(3).await(LONG));
  }

  @Test
  void countsThatAreNotThereAreRefusedWithTheValues() {
    assertEquals(4, claim.interruptVectors());
    for (int bad : new int[] {0, 5}) {
      final Exception e =
          assertThrows(IllegalArgumentException.class, () -> claim.enableInterrupts(bad));
      assertTrue(e.getMessage().contains("count=" + bad + ", min=1, max=4"), e.getMessage());
    }
    kernel.vectorsLeft = 1;
    final Exception few =
        assertThrows(IllegalStateException.class, () -> claim.enableInterrupts(2));
    assertTrue(few.getMessage().contains("available=1"), few.getMessage());
    claim.enableInterrupts(1);
    final Exception twice =
        assertThrows(IllegalStateException.class, () -> claim.enableInterrupts(1));
    assertTrue(twice.getMessage().contains("enabled already"), twice.getMessage());
    claim.disableInterrupts();
    kernel.ioctlRefusals.put("3b6e", 28);
    final Exception none =
        assertThrows(IllegalStateException.class, () -> claim.enableInterrupts(1));
    assertTrue(none.getMessage().contains("ENOSPC(28)"), none.getMessage());
    kernel.ioctlRefusals.clear();
  }

  @Test
  void everySourceReturnsOnceWhenTheFunctionGoes() throws Exception {
    claim.enableInterrupts(2);
    final CompletableFuture<Boolean> waiter = waiter(claim.interrupt(0));
    function.leave();
    assertTrue(waiter.get(1, TimeUnit.MINUTES));
    assertTrue(claim.interrupt(1).await(LONG));
    assertFalse(claim.interrupt(1).await(SHORT));
  }

  @Test
  void whoWaitsIsToldByAFalseWhenTheClaimIsClosed()
      throws InterruptedException, ExecutionException, TimeoutException {
    claim.enableInterrupts(1);
    final CompletableFuture<Boolean> waiter = waiter(claim.interrupt(0));
    claim.close();
    assertFalse(waiter.get(1, TimeUnit.MINUTES));
  }

  private static CompletableFuture<Boolean> waiter(InterruptSource source) {
    final CompletableFuture<Boolean> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            result.complete(source.await(LONG));
          } catch (InterruptedException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }
}
