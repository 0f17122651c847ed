package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** However long a list is, whoever walks it needs no deeper stack. */
class LongListsTest {
  private static final int POOLS = 8;
  private static final int SLOTS = 2048;
  private static final int LENGTH = POOLS * SLOTS;

  /** Too small for a frame for each of the list. */
  private static final long STACK_BYTES = 256 << 10;

  private final Engine engine =
      new Engine(EngineConfig.defaults("lists"), SyncPath.best("io.asynctx.dmaengine", "0"));
  private DescriptorPool pool = engine.descriptors().newPool(SLOTS);

  @AfterEach
  void freeTheMemory() {
    engine.buffers().shutDown(false);
  }

  private Descriptor prepared() {
    if (pool.free() == 0) {
      pool = engine.descriptors().newPool(SLOTS);
    }
    final Descriptor d = pool.take();
    d.fill(DmaCap.INTERRUPT, 0, 0, 0, 0);
    return d;
  }

  private static void onASmallStack(Runnable work) throws InterruptedException {
    final Throwable[] thrown = new Throwable[1];
    final Thread thread =
        new Thread(
            null,
            () -> {
              try {
                work.run();
              } catch (Throwable e) {
                thrown[0] = e;
              }
            },
            "small stack",
            STACK_BYTES);
    thread.start();
    thread.join();
    assertDoesNotThrow(
        () -> {
          if (thrown[0] != null) {
            throw thrown[0];
          }
        },
        "it needs a frame for each of the list");
  }

  @Test
  void aFailureReachesALongChainOfDependentsWithoutRecursion() throws InterruptedException {
    final Descriptor parent = prepared();
    parent.move(Descriptor.PREPARED, Descriptor.QUEUED);
    Descriptor last = parent;
    for (int i = 1; i < LENGTH; i++) {
      final Descriptor child = prepared();
      engine.submission().tryDependsOn(child, last.handle());
      engine.submission().submit(child, child.handle());
      last = child;
    }
    onASmallStack(() -> engine.endings().endUnrun(parent, TransferResult.READ_FAILED, ""));
    assertEquals(Descriptor.DONE, last.state());
    assertEquals(TransferResult.ABORTED, last.result);
  }

  @Test
  void aLongQueueLeavesItsChannelWithoutRecursion() throws InterruptedException {
    final Device device = new Device(engine, new HandDevice("hand", 1), "driver", "0", 0, Map.of());
    final ChannelSlot slot = device.slots().getFirst();
    final Channel channel = new Channel(engine, slot, new HandDevice.Hand(), pool);
    Descriptor first = null;
    for (int i = 0; i < LENGTH; i++) {
      final Descriptor d = prepared();
      d.move(Descriptor.PREPARED, Descriptor.QUEUED);
      d.next = first;
      first = d;
    }
    final Descriptor all = first;
    onASmallStack(() -> engine.routing().moveAll(all, channel, null));
    assertEquals(LENGTH, engine.displaced().count());
  }
}
