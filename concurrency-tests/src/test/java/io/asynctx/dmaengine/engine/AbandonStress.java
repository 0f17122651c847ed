package io.asynctx.dmaengine.engine;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.asynctx.dmaengine.TransferResult;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * A child is abandoned, that is, cancelled while it waits, when its parent brings what it waits for
 * to zero. r1: how often its slot was recycled; r2: whether its parent's end was seen.
 */
@JCStressTest
@State
@Outcome(id = "1", expect = ACCEPTABLE, desc = "ended once, by whoever came last")
@Outcome(id = "0", expect = FORBIDDEN, desc = "nobody ended it")
@Outcome(id = "2", expect = FORBIDDEN, desc = "both ended it")
public class AbandonStress {
  private final Descriptor parent = RaceRig.queued();
  private final long parentHandle = parent.handle();
  private final Descriptor child = RaceRig.prepared();
  private final long childHandle = child.handle();

  public AbandonStress() {
    RaceRig.ENGINE.submission().dependsOn(child, parentHandle);
    RaceRig.ENGINE.endings().end(parent, Descriptor.QUEUED, TransferResult.NO_ERROR, 0, "");
  }

  @Actor
  public void owner() {
    RaceRig.ENGINE.submission().abandon(child, childHandle);
  }

  @Actor
  public void finisher() {
    RaceRig.ENGINE.endings().finishAll(parent);
  }

  @Arbiter
  public void look(I_Result r) {
    r.r1 = (int) (child.generation() - Handle.generation(childHandle));
    RaceRig.recycle(parent, parentHandle);
  }
}
