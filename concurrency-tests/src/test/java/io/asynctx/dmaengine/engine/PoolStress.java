package io.asynctx.dmaengine.engine;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * Slots are taken and given back by two threads. r1: slots there are in the end, r2: different ones
 * among them, r3: what the pool says is free.
 */
@JCStressTest
@State
@Outcome(id = "4, 4, 2", expect = ACCEPTABLE, desc = "every slot is in one place")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "a slot was lost, or is in two places")
public class PoolStress {
  private final DescriptorPool pool = new DescriptorPool(0, 0, 4, 1);
  private Descriptor one;
  private Descriptor other;

  private Descriptor work() {
    final Descriptor first = pool.take();
    final Descriptor second = pool.take();
    if (first == null || second == null) {
      return null;
    }
    pool.give(first);
    return second;
  }

  @Actor
  public void taker() {
    one = work();
  }

  @Actor
  public void otherTaker() {
    other = work();
  }

  @Arbiter
  public void count(III_Result r) {
    r.r3 = pool.free();
    int seen = 0;
    int total = 0;
    for (Descriptor d : new Descriptor[] {one, other}) {
      seen |= d == null ? 0 : 1 << d.slot;
      total += d == null ? 0 : 1;
    }
    while (total < 9) {
      final Descriptor d = pool.take();
      if (d == null) {
        break;
      }
      seen |= 1 << d.slot;
      total++;
    }
    r.r1 = total;
    r.r2 = Integer.bitCount(seen);
  }
}
