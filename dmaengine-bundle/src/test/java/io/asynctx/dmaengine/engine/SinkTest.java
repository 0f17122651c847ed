package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

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

  private Descriptor pushed(long length) {
    channel.state(ChannelState.ACTIVE);
    final Descriptor d = pool.take();
    d.fill(DmaCap.INTERRUPT, 0, 0, length, 0);
    d.channel = channel;
    d.move(Descriptor.PREPARED, Descriptor.QUEUED);
    channel.publish(d);
    channel.issuePending();
    assertEquals(Descriptor.PUSHED, d.state());
    return d;
  }

  @Test
  void aTransferReportedTwiceEndsOnce() {
    endsOnce(pushed(Sink.SMALL + 1));
  }

  @Test
  void aSmallTransferReportedTwiceEndsOnce() {
    endsOnce(pushed(Sink.SMALL));
  }

  private void endsOnce(Descriptor d) {
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

  @Test
  void whatWasReportedBeforeTheTokenWasTakenAwayCounts() {
    final Descriptor reported = pushed(0);
    final Descriptor late = pushed(0);
    final Descriptor[] taken = new Descriptor[1];
    hand.inPoll =
        sink -> {
          sink.completed(reported.tag, TransferResult.NO_ERROR, 0);
          assertFalse(channel.seizeToken(System.nanoTime()), "nobody was inside");
          taken[0] = channel.sink().take();
          sink.completed(late.tag, TransferResult.NO_ERROR, 0);
        };
    assertEquals(-1, channel.harvest(64));
    assertSame(reported, taken[0], "reported in time, and not ended");
    assertEquals(Descriptor.DONE, reported.state());
    assertEquals(Descriptor.PUSHED, late.state(), "ended by a report that came too late");
    assertEquals(1, channel.counters().faults.sum());
    assertFalse(channel.side().visited());
  }

  @Test
  void manySmallOperationsEndInTheOrderOfTheirReports() {
    final DescriptorPool many = engine.descriptors().newPool(16);
    channel.state(ChannelState.ACTIVE);
    final Descriptor[] all = new Descriptor[16];
    for (int i = 0; i < all.length; i++) {
      all[i] = many.take();
      all[i].fill(DmaCap.INTERRUPT, 0, 0, i == 7 ? Sink.SMALL + 1 : 0, 0);
      all[i].channel = channel;
      all[i].move(Descriptor.PREPARED, Descriptor.QUEUED);
      channel.publish(all[i]);
    }
    channel.issuePending();
    hand.inPoll =
        sink -> {
          for (Descriptor d : all) {
            sink.completed(d.tag, TransferResult.NO_ERROR, 0);
          }
          Descriptor d = channel.sink().take();
          for (int i = 0; i <= 7; i++) {
            assertSame(all[i], d, "at " + i);
            d = d.next;
          }
        };
    channel.harvest(64);
    assertEquals(16, channel.counters().done.sum());
    assertEquals(0, channel.inFlight());
  }
}
