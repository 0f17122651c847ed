package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of a worker whose client does not return from a callback. */
final class StuckCallbackTest {

  private final Engine engine =
      new Engine(EngineConfig.defaults("stuck"), SyncPath.best("io.asynctx.dmaengine", "0"));
  private final CompletionWorker worker = new CompletionWorker(engine, "stuck", null);
  private final CountDownLatch inside = new CountDownLatch(1);
  private final CountDownLatch leave = new CountDownLatch(1);

  private void ended(CompletionCallback callback) {
    final Descriptor d = engine.housePool().take();
    d.fill(DmaCap.INTERRUPT, 0, 0, 0, 0);
    d.owner = new Owner("client");
    d.callback = callback;
    d.move(Descriptor.PREPARED, Descriptor.QUEUED);
    engine.endings().end(d, Descriptor.QUEUED, TransferResult.NO_ERROR, 0, "");
    worker.dispatch(d);
  }

  private void stuck() throws InterruptedException {
    worker.start(null);
    ended((handle, result, parameter) -> {
      inside.countDown();
      awaitQuietly(leave);
    });
    assertTrue(inside.await(30, TimeUnit.SECONDS));
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void letGo() {
    leave.countDown();
    worker.stop();
    assertTrue(worker.join(System.nanoTime() + 30_000_000_000L), "the worker does not end");
  }

  @Test
  void aStuckWorkerIsReplacedOnce() throws InterruptedException {
    stuck();
    worker.replaceIfStuck(0);
    worker.replaceIfStuck(0);
    worker.replaceIfStuck(0);
    assertEquals(
        1,
        engine.counters().stuckCallbacks.sum(),
        "a worker was replaced again, though its thread is not in a callback");
  }

  @Test
  void aWorkerInACallbackThatIsNotLateIsLeftAlone() throws InterruptedException {
    stuck();
    worker.replaceIfStuck(Long.MAX_VALUE);
    assertEquals(0, engine.counters().stuckCallbacks.sum());
  }

  @Test
  void otherCallbacksGoOnAndTheLateOneChangesNothingWhenItReturns() throws InterruptedException {
    stuck();
    final CountDownLatch called = new CountDownLatch(2);
    ended((handle, result, parameter) -> called.countDown());
    worker.replaceIfStuck(0);
    ended((handle, result, parameter) -> called.countDown());
    assertTrue(called.await(30, TimeUnit.SECONDS), "callbacks wait behind one that is stuck");
    leave.countDown();
    final CountDownLatch after = new CountDownLatch(1);
    ended((handle, result, parameter) -> after.countDown());
    assertTrue(after.await(30, TimeUnit.SECONDS), "the worker does not go on");
  }
}
