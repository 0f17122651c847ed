package io.asynctx.dmaengine.engine;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A worker goes to sleep while an operation is issued to a device that must be polled. r1: 0 it
 * looks again, 1 it parks for a while, 2 it parks until it is woken; r2: whether nobody has woken
 * it.
 */
@JCStressTest
@State
@Outcome(id = "0, .", expect = ACCEPTABLE, desc = "the look before the park saw the work")
@Outcome(id = "1, .", expect = ACCEPTABLE, desc = "parks for a while, then polls")
@Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "parks and is woken")
@Outcome(id = "2, 1", expect = FORBIDDEN, desc = "sleeps, and nobody polls")
public class IssueParkStress {
  private final DescriptorPool pool = new DescriptorPool(0, 0, 2, 1);
  private final Descriptor d = pool.take();
  private final Channel channel = RaceRig.channel(new RaceRig.Driver(), pool);

  public IssueParkStress() {
    Submission.fillJoin(d);
    d.move(Descriptor.PREPARED, Descriptor.QUEUED);
  }

  @Actor
  public void worker(II_Result r) {
    final long nanos = channel.worker.aboutToPark(50_000);
    r.r1 = nanos == CompletionWorker.NOT_NOW ? 0 : nanos != 0 ? 1 : 2;
  }

  @Actor
  public void submitter() {
    channel.publish(d);
    channel.issuePending();
  }

  @Arbiter
  public void look(II_Result r) {
    r.r2 = channel.worker.parking() ? 1 : 0;
  }
}
