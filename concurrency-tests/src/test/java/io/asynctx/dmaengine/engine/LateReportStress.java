package io.asynctx.dmaengine.engine;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.asynctx.dmaengine.DmaCap;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;

/**
 * A driver reports from a poll, while the remover takes the token away from that thread and looks
 * for what is left to end. r1: whether the poller came back with the token; r2: where the remover
 * found the transfer, 0 nowhere, 1 among what ended, 2 still with the device; r3: whether it has
 * ended; r4: whether a thread still counts as inside the driver.
 */
@JCStressTest
@State
@Outcome(id = "1, 0, 1, 0", expect = ACCEPTABLE, desc = "the poller was through")
@Outcome(id = "0, 1, 1, 0", expect = ACCEPTABLE, desc = "reported in time, finished by the remover")
@Outcome(id = "0, 2, 0, 0", expect = ACCEPTABLE, desc = "reported too late, left to the remover")
@Outcome(id = "0, 2, 1, .*", expect = FORBIDDEN, desc = "ended by a late report and by the remover")
@Outcome(id = "0, 0, .*", expect = FORBIDDEN, desc = "nobody finishes it")
@Outcome(id = "1, [12], .*", expect = FORBIDDEN, desc = "both have the token")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "a thread that is out still counts as inside")
public class LateReportStress {
  private static int turn;

  private final DescriptorPool pool = new DescriptorPool(0, 0, 2, 1);
  private final Descriptor d = pool.take();
  private final Channel channel = RaceRig.channel(new RaceRig.Driver(), pool);

  public LateReportStress() {
    // Ended with others of its visit, or, the next time, as soon as it is reported.
    d.fill(DmaCap.INTERRUPT, 0, 0, turn++ % 2 == 0 ? 0 : Sink.SMALL + 1, 0);
    d.move(Descriptor.PREPARED, Descriptor.QUEUED);
    channel.publish(d);
    channel.issuePending();
  }

  @Actor
  public void poller(IIII_Result r) {
    r.r1 = channel.harvest(16) == -1 ? 0 : 1;
  }

  @Actor
  public void remover(IIII_Result r) {
    final ForeignLock token = channel.token();
    boolean stolen = false;
    while (!stolen && !token.tryTake()) {
      stolen = token.steal(channel.side()::enters, channel.side()::leaves);
      Thread.onSpinWait();
    }
    if (stolen) {
      channel.sink().takeOver();
    }
    if (channel.sink().take() != null) {
      r.r2 = 1;
    } else {
      r.r2 = channel.tags().find(d.tag) == null ? 0 : 2;
    }
  }

  @Arbiter
  public void look(IIII_Result r) {
    r.r3 = d.state() == Descriptor.DONE ? 1 : 0;
    r.r4 = channel.side().visited() ? 1 : 0;
  }
}
