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
 * A place in the device's queue is freed and taken again, while the driver reports its old tag once
 * more. r1: whether that report was accepted; r2: whether the place was taken again; r3: whether
 * who took it is found.
 */
@JCStressTest
@State
@Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "taken again, the late report refused")
@Outcome(id = "0, 0, 0", expect = ACCEPTABLE, desc = "still full")
@Outcome(id = "1, ., .", expect = FORBIDDEN, desc = "a late report ended a stranger's transfer")
@Outcome(id = "0, 1, 0", expect = FORBIDDEN, desc = "a transfer was wiped from the table")
public class TagStress {
  private final DescriptorPool pool = new DescriptorPool(0, 0, 4, 1);
  private final TagTable tags = new TagTable(2);
  private final Descriptor old = pool.take();
  private final Descriptor fresh = pool.take();

  public TagStress() {
    tags.enter(old);
    tags.enter(pool.take());
  }

  @Actor
  public void harvester(III_Result r) {
    final long tag = old.tag;
    tags.leave(old);
    r.r1 = tags.find(tag) == null ? 0 : 1;
  }

  @Actor
  public void issuer(III_Result r) {
    r.r2 = tags.enter(fresh) ? 1 : 0;
  }

  @Arbiter
  public void look(III_Result r) {
    r.r3 = fresh.tag != 0 && tags.find(fresh.tag) == fresh ? 1 : 0;
  }
}
