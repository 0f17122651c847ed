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
 * A worker goes to sleep while a waiter, helping, takes from the device everything it had; more was
 * issued, and nobody but the worker will push it. r1: 0 it looks again, 1 it parks for a while, 2
 * it parks until it is woken; r2: whether nobody has woken it.
 */
@JCStressTest
@State
@Outcome(id = "0, .", expect = ACCEPTABLE, desc = "the look before the park saw the room")
@Outcome(id = "1, .", expect = ACCEPTABLE, desc = "parks for a while, then refills")
@Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "parks and is woken")
@Outcome(id = "2, 1", expect = FORBIDDEN, desc = "sleeps, with work issued and an idle device")
public class HelpParkStress {
  private final DescriptorPool pool = new DescriptorPool(0, 0, 4, 1);
  private final Channel channel = RaceRig.channel(new RaceRig.Driver(), pool);

  public HelpParkStress() {
    for (int i = 0; i < 3; i++) {
      final Descriptor d = pool.take();
      Submission.fillJoin(d);
      d.move(Descriptor.PREPARED, Descriptor.QUEUED);
      channel.publish(d);
    }
    channel.issuePending();
  }

  @Actor
  public void worker(II_Result r) {
    final long nanos = channel.worker.aboutToPark(50_000);
    r.r1 = nanos == CompletionWorker.NOT_NOW ? 0 : nanos != 0 ? 1 : 2;
  }

  @Actor
  public void helper() {
    channel.harvest(16);
  }

  @Arbiter
  public void look(II_Result r) {
    r.r2 = channel.worker.parking() ? 1 : 0;
  }
}
