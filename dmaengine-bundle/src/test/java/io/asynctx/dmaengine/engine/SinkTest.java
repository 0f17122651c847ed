package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a driver may report, on a channel without threads. */
class SinkTest {
  private final Engine engine =
      new Engine(EngineConfig.defaults("sink"), SyncPath.best("io.asynctx.dmaengine", "0"));
  private final Device device =
      new Device(engine, new HandDevice("hand", 1), "driver", "0", 0, Map.of());
  private final HandDevice.Hand hand = new HandDevice.Hand();
  private final DescriptorPool pool = engine.descriptors().newPool(2);
  private final Channel channel = new Channel(engine, device.slots().getFirst(), hand, pool);

  @AfterEach
  void freeTheMemory() {
    engine.buffers().shutDown(false);
  }

  private Descriptor pushed() {
    channel.state(ChannelState.ACTIVE);
    final Descriptor d = pool.take();
    d.fill(DmaCap.INTERRUPT, 0, 0, 0, 0);
    d.channel = channel;
    d.move(Descriptor.PREPARED, Descriptor.QUEUED);
    channel.publish(d);
    channel.issuePending();
    assertEquals(Descriptor.PUSHED, d.state());
    return d;
  }

  @Test
  void aTransferReportedTwiceEndsOnce() {
    final Descriptor d = pushed();
    hand.inPoll =
        sink -> {
          sink.completed(d.tag, TransferResult.NO_ERROR, 0);
          sink.completed(d.tag, TransferResult.NO_ERROR, 0);
        };
    channel.harvest(64);
    assertEquals(Descriptor.DONE, d.state());
    assertEquals(1, channel.counters().done.sum(), "a transfer reported twice ended twice");
    assertEquals(0, channel.inFlight());
  }
}
