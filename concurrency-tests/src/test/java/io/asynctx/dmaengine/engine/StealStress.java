package io.asynctx.dmaengine.engine;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A thread comes back out of a driver, while somebody takes the lock away from it. r1: whether it
 * still had the lock; r2: whether it was taken away; r3: how many threads still count as inside the
 * driver.
 */
@JCStressTest
@State
@Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "it came back in time")
@Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "it came back too late, and knows it")
@Outcome(id = "1, 1, .*", expect = FORBIDDEN, desc = "both have the lock")
@Outcome(id = "0, 0, .*", expect = FORBIDDEN, desc = "nobody has the lock")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "who is inside the driver was miscounted")
public class StealStress {
  private final ForeignLock lock = new ForeignLock();
  private final AtomicInteger inside = new AtomicInteger();
  private final long visit;

  public StealStress() {
    lock.tryTake();
    visit = lock.enter();
  }

  @Actor
  public void visitor(III_Result r) {
    if (lock.leave(visit)) {
      r.r1 = 1;
    } else {
      inside.decrementAndGet();
    }
  }

  @Actor
  public void thief(III_Result r) {
    r.r2 = lock.steal(inside::incrementAndGet, inside::decrementAndGet) ? 1 : 0;
  }

  @Arbiter
  public void count(III_Result r) {
    r.r3 = inside.get();
  }
}
