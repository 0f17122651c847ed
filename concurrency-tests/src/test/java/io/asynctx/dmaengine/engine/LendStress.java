package io.asynctx.dmaengine.engine;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A channel is lent to one owner alone, so that what lies in its queue is sorted, while that owner
 * submits and issues. r1: how many operations the driver got.
 */
@JCStressTest
@State
@Outcome(id = "1", expect = ACCEPTABLE, desc = "it was issued")
@Outcome(id = "0", expect = FORBIDDEN, desc = "it was submitted and issued, and lies in the queue")
public class LendStress {
  private final DescriptorPool pool = new DescriptorPool(0, 0, 2, 1);
  private final Descriptor d = pool.take();
  private final RaceRig.Driver driver = new RaceRig.Driver();
  private final Channel channel = RaceRig.channel(driver, pool);
  private final ChannelSlot slot = RaceRig.slot(channel);
  private final Owner owner = new Owner("race");

  public LendStress() {
    Submission.fillJoin(d);
    d.move(Descriptor.PREPARED, Descriptor.QUEUED);
    d.owner = owner;
    d.channel = channel;
  }

  @Actor
  public void lender() {
    RaceRig.ENGINE.routing().moveOthers(slot, owner);
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
