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
 * Two submitters issue at once; whoever finds the issue lock taken leaves its wish to the holder.
 * r1: how many operations the driver got.
 */
@JCStressTest
@State
@Outcome(id = "2", expect = ACCEPTABLE, desc = "both were issued")
@Outcome(id = "1", expect = FORBIDDEN, desc = "one was forgotten by the holder of the issue lock")
@Outcome(id = "0", expect = FORBIDDEN, desc = "both were forgotten")
public class IssueStress {
  private final DescriptorPool pool = new DescriptorPool(0, 0, 2, 1);
  private final Descriptor one = queued();
  private final Descriptor other = queued();
  private final RaceRig.Driver driver = new RaceRig.Driver();
  private final Channel channel = RaceRig.channel(driver, pool);

  private Descriptor queued() {
    final Descriptor d = pool.take();
    Submission.fillJoin(d);
    d.move(Descriptor.PREPARED, Descriptor.QUEUED);
    return d;
  }

  @Actor
  public void submitter() {
    channel.publish(one);
    channel.issuePending();
  }

  @Actor
  public void otherSubmitter() {
    channel.publish(other);
    channel.issuePending();
  }

  @Arbiter
  public void count(I_Result r) {
    r.r1 = driver.pushes;
  }
}
