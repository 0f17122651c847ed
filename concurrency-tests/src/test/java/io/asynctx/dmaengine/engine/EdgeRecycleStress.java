package io.asynctx.dmaengine.engine;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.asynctx.dmaengine.StaleDescriptorException;
import io.asynctx.dmaengine.TransferResult;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A child is made to wait for a parent that is recycled meanwhile, and whose slot then belongs to
 * an operation that fails. r1: what the child's owner was told, 0 nothing to wait for, 1 refused;
 * r2: 0 the operation that has the slot now is untouched, 1 the child waits for it, 2 the child
 * took its failure.
 */
@JCStressTest
@State
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "the parent had ended and was not recycled yet")
@Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the parent was recycled, or acknowledged")
@Outcome(id = "[01], 1", expect = FORBIDDEN, desc = "the child waits for a stranger")
@Outcome(id = "[01], 2", expect = FORBIDDEN, desc = "the child failed with a stranger")
public class EdgeRecycleStress {
  private final Descriptor parent = RaceRig.join();
  private final long parentHandle = parent.handle();
  private final Descriptor child = RaceRig.join();

  public EdgeRecycleStress() {
    RaceRig.ENGINE.submission().submit(parent, parentHandle);
  }

  @Actor
  public void childsOwner(II_Result r) {
    try {
      RaceRig.ENGINE.submission().dependsOn(child, parentHandle);
    } catch (StaleDescriptorException e) {
      r.r1 = 1;
    } catch (IllegalStateException e) {
      r.r1 = 1; // acknowledged already
    }
  }

  @Actor
  public void parentsOwner() {
    RaceRig.ENGINE.submission().ack(parentHandle);
    final Descriptor next = parent.home.take();
    Submission.fillJoin(next);
    next.move(Descriptor.PREPARED, Descriptor.QUEUED);
    RaceRig.ENGINE.endings().end(next, Descriptor.QUEUED, TransferResult.DEVICE_FAILED, 0, "");
  }

  @Arbiter
  public void look(II_Result r) {
    r.r2 = child.edges != 0 ? 1 : child.failedParent() != 0 ? 2 : 0;
    parent.closeDependents();
    parent.home.give(parent);
    child.home.give(child);
  }
}
