package io.asynctx.dmaengine.engine;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.asynctx.async.OnSuspend;
import io.asynctx.async.Policy;
import io.asynctx.dmaengine.ChannelState;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A channel is suspended, so that what lies in its queue is sorted, and resumed, while somebody
 * submits to it and issues. r1: how many operations the driver got.
 */
@JCStressTest
@State
@Outcome(id = "1", expect = ACCEPTABLE, desc = "it was issued, before or after")
@Outcome(id = "0", expect = FORBIDDEN, desc = "it lies in the queue of a channel that was resumed")
@Outcome(id = "2", expect = FORBIDDEN, desc = "it was issued twice")
public class SuspendStress {
  private static final Policy WAITS = Policy.any().onSuspend(OnSuspend.WAIT);

  private final DescriptorPool pool = new DescriptorPool(0, 0, 2, 1);
  private final Descriptor d = pool.take();
  private final RaceRig.Driver driver = new RaceRig.Driver();
  private final Channel channel = RaceRig.channel(driver, pool);

  public SuspendStress() {
    Submission.fillJoin(d);
    d.move(Descriptor.PREPARED, Descriptor.QUEUED);
    d.policy = WAITS;
    d.channel = channel;
  }

  @Actor
  public void operator() {
    channel.state(ChannelState.SUSPENDED);
    RaceRig.ENGINE.routing().moveMovable(channel);
    channel.state(ChannelState.ACTIVE);
    channel.issuePending();
    channel.refill();
  }

  @Actor
  public void submitter() {
    channel.publish(d);
    channel.issuePending();
  }

  @Arbiter
  public void count(I_Result r) {
    r.r1 = driver.pushes;
  }
}
