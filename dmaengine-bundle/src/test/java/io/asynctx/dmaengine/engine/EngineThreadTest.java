package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaContextException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class EngineThreadTest {

  private static void run(EngineThread thread, AtomicReference<Throwable> thrown)
      throws InterruptedException {
    thread.setUncaughtExceptionHandler((t, e) -> thrown.set(e));
    thread.start();
    thread.join();
  }

  private static void inside(Runnable body) throws InterruptedException {
    final AtomicReference<Throwable> thrown = new AtomicReference<>();
    run(new EngineThread("worker", body), thrown);
    if (thrown.get() instanceof AssertionError e) {
      throw e;
    }
    assertSame(null, thrown.get());
  }

  @Test
  void outsideOfCallbacksEverythingIsAllowed() throws InterruptedException {
    assertDoesNotThrow(() -> EngineThread.checkMay("submit"));
    inside(() -> EngineThread.checkMay("submit"));
  }

  @Test
  void aCallbackOnAnEngineThreadMayNotSubmit() throws InterruptedException {
    inside(() -> {
      final int before = EngineThread.enterCallback();
      final DmaContextException e =
          assertThrows(DmaContextException.class, () -> EngineThread.checkMay("submit"));
      assertEquals(
          "call not allowed here: call=submit, context=completion callback, thread=worker; hand"
              + " it to a thread of your own, make it a dependency, or use a Chain, whose"
              + " continuations may submit",
          e.getMessage());
      EngineThread.leaveCallback(before);
      EngineThread.checkMay("submit");
    });
  }

  @Test
  void aCallbackInsideACallbackLeavesTheOuterOneWhereItWas() throws InterruptedException {
    inside(() -> {
      final int outer = EngineThread.enterCallback();
      EngineThread.leaveCallback(EngineThread.enterCallback());
      assertThrows(DmaContextException.class, () -> EngineThread.checkMay("waitFor"));
      EngineThread.leaveCallback(outer);
      EngineThread.checkMay("waitFor");
    });
  }

  @Test
  void theSameHoldsOnThreadsThatAreNotTheEngines() {
    final int outer = EngineThread.enterCallback();
    final int inner = EngineThread.enterCallback();
    EngineThread.leaveCallback(inner);
    final DmaContextException e =
        assertThrows(DmaContextException.class, () -> EngineThread.checkMay("submit"));
    assertTrue(e.getMessage().contains("context=completion callback"), e.getMessage());
    EngineThread.leaveCallback(outer);
    assertDoesNotThrow(() -> EngineThread.checkMay("submit"));
  }

  @Test
  void aCallbackOnOneForeignThreadDoesNotBindAnother() throws InterruptedException {
    final int before = EngineThread.enterCallback();
    final AtomicReference<Throwable> thrown = new AtomicReference<>();
    final Thread other =
        new Thread(() -> {
          try {
            EngineThread.checkMay("submit");
          } catch (Throwable e) {
            thrown.set(e);
          }
        });
    other.start();
    other.join();
    EngineThread.leaveCallback(before);
    assertSame(null, thrown.get());
  }

  @Test
  void anInterruptThreadMayNeitherSubmitNorWait() throws InterruptedException {
    final AtomicReference<Throwable> thrown = new AtomicReference<>();
    run(EngineThread.irq("irq", () -> EngineThread.checkMay("waitFor")), thrown);
    assertTrue(thrown.get() instanceof DmaContextException, String.valueOf(thrown.get()));
    assertTrue(thrown.get().getMessage().contains("call=waitFor, context=IRQ, thread=irq"));
  }

  @Test
  void anEngineThreadHoldsNoLoaderButItsOwnAndNoProcess() {
    final ClassLoader before = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(new ClassLoader() {});
    try {
      final EngineThread thread = new EngineThread("worker", () -> {});
      assertSame(EngineThread.class.getClassLoader(), thread.getContextClassLoader());
      assertTrue(thread.isDaemon());
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }
}
