package io.asynctx.dmaengine.engine;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A thread comes back late out of a driver, while whoever took the lock away from it visits the
 * driver itself. r1: whether the first had the lock when it came back; r2: whether the lock was
 * taken away; r3: whether the second had it when it came back.
 */
@JCStressTest
@State
@Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "the first came back in time")
@Outcome(
    id = "0, 1, 1",
    expect = ACCEPTABLE,
    desc = "the first came back late, and touches nothing")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "one visit was taken for another")
public class VisitStress {
  private final ForeignLock lock = new ForeignLock();
  private final long visit;

  public VisitStress() {
    lock.tryTake();
    visit = lock.enter();
  }

  @Actor
  public void late(III_Result r) {
    r.r1 = lock.leave(visit) ? 1 : 0;
  }

  @Actor
  public void thief(III_Result r) {
    if (lock.steal(() -> {}, () -> {})) {
      r.r2 = 1;
      r.r3 = lock.leave(lock.enter()) ? 1 : 0;
    }
  }
}
