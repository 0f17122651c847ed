package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.StaleDescriptorException;
import io.asynctx.dmaengine.TransferResult;
import org.junit.jupiter.api.Test;

/** A slot is free again after both: its callback was dispatched, and its owner acknowledged. */
final class RecycleTest {

  private final Engine engine =
      new Engine(EngineConfig.defaults("recycle"), SyncPath.best("io.asynctx.dmaengine", "0"));
  private final DescriptorPool pool = engine.housePool();
  private final int free = pool.free();
  private final Descriptor d = pool.take();
  private final long handle = d.handle();

  private void ended() {
    d.fill(DmaCap.INTERRUPT, 0, 0, 0, 0);
    d.move(Descriptor.PREPARED, Descriptor.QUEUED);
    engine.endings().end(d, Descriptor.QUEUED, TransferResult.NO_ERROR, 0, "");
  }

  @Test
  void acknowledgedFirstItIsRecycledByItsDispatch() {
    ended();
    engine.submission().ack(handle);
    assertEquals(free - 1, pool.free(), "recycled before its callback was dispatched");
    engine.endings().callBack(d);
    assertEquals(free, pool.free());
  }

  @Test
  void dispatchedFirstItIsRecycledByItsAcknowledge() {
    ended();
    engine.endings().callBack(d);
    assertEquals(free - 1, pool.free(), "recycled before it was acknowledged");
    engine.submission().ack(handle);
    assertEquals(free, pool.free());
  }

  @Test
  void acknowledgedTwiceItIsRecycledOnce() {
    ended();
    engine.submission().ack(handle);
    engine.submission().ack(handle);
    engine.endings().callBack(d);
    assertEquals(free, pool.free(), "recycled twice");
    assertThrows(StaleDescriptorException.class, () -> engine.submission().ack(handle));
    assertEquals(free, pool.free(), "recycled twice");
  }
}
