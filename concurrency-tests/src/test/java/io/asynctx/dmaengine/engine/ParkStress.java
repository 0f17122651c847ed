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
 * A worker goes to sleep while an ended operation is handed to it. r1: whether it decided to park;
 * r2: whether nobody has woken it.
 */
@JCStressTest
@State
@Outcome(id = "0, .", expect = ACCEPTABLE, desc = "the look before the park saw the work")
@Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "parks and is woken")
@Outcome(id = "1, 1", expect = FORBIDDEN, desc = "sleeps with work at hand")
public class ParkStress {
  private final DescriptorPool pool = new DescriptorPool(0, 0, 2, 1);
  private final Descriptor d = pool.take();
  private final CompletionWorker worker = new CompletionWorker(RaceRig.ENGINE, "race", null);

  @Actor
  public void worker(II_Result r) {
    r.r1 = worker.aboutToPark(0) == CompletionWorker.NOT_NOW ? 0 : 1;
  }

  @Actor
  public void finisher() {
    worker.dispatch(d);
  }

  @Arbiter
  public void look(II_Result r) {
    r.r2 = worker.parking() ? 1 : 0;
  }
}
