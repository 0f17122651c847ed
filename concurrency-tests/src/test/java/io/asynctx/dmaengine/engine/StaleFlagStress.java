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
 * A flag is set by an old handle while the slot is recycled. r1: whether the setter was told that
 * it was set; r2: 0 the new generation is clean, 1 it carries the flag, 2 the old one is back.
 */
@JCStressTest
@State
@Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "set in time, gone with its generation")
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "refused as stale")
@Outcome(id = "[01], 1", expect = FORBIDDEN, desc = "a stranger's operation was flagged")
@Outcome(id = "[01], 2", expect = FORBIDDEN, desc = "a recycled slot went back to its past")
public class StaleFlagStress {
  private final DescriptorPool pool = new DescriptorPool(0, 0, 2, 1);
  private final Descriptor d = pool.take();

  @Actor
  public void waiter(II_Result r) {
    r.r1 = d.flag(1, Descriptor.WAITED_FOR) == -1 ? 0 : 1;
  }

  @Actor
  public void recycler() {
    d.freed();
  }

  @Arbiter
  public void look(II_Result r) {
    r.r2 = d.generation() != 2 ? 2 : (d.word() & Descriptor.WAITED_FOR) != 0 ? 1 : 0;
  }
}
