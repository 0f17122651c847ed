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
 * A child is made to wait for a parent while that, having failed, lets its dependents go. r1: 1 the
 * child was aborted, 2 it ran, 0 it waits.
 */
@JCStressTest
@State
@Outcome(id = "1", expect = ACCEPTABLE, desc = "the child learnt of its parent's end and failure")
@Outcome(id = "0", expect = FORBIDDEN, desc = "the child waits for ever")
@Outcome(id = "2", expect = FORBIDDEN, desc = "the child did not hear of the failure")
public class EdgeFinishStress {
  private final Descriptor parent = RaceRig.queued();
  private final long parentHandle = parent.handle();
  private final Descriptor child = RaceRig.join();
  private final long childHandle = child.handle();

  public EdgeFinishStress() {
    RaceRig.ENGINE.endings().end(parent, Descriptor.QUEUED, TransferResult.DEVICE_FAILED, 0, "");
  }

  @Actor
  public void submitter() {
    RaceRig.ENGINE.submission().dependsOn(child, parentHandle);
    RaceRig.ENGINE.submission().submit(child, childHandle);
  }

  @Actor
  public void finisher() {
    RaceRig.ENGINE.endings().finishAll(parent);
  }

  @Arbiter
  public void look(I_Result r) {
    final boolean ended = child.state() == Descriptor.DONE;
    r.r1 = !ended ? 0 : child.result == TransferResult.ABORTED ? 1 : 2;
    RaceRig.recycle(parent, parentHandle);
    if (ended) {
      RaceRig.recycle(child, childHandle);
    }
  }
}
