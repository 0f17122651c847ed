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

/** DISPATCHED against ACKED: the second of them recycles. r1: how often the slot was recycled. */
@JCStressTest
@State
@Outcome(id = "1", expect = ACCEPTABLE, desc = "recycled by the second of the two")
@Outcome(id = "0", expect = FORBIDDEN, desc = "never recycled, the slot is lost")
@Outcome(id = "2", expect = FORBIDDEN, desc = "recycled by both")
public class RecycleStress {
  private final Descriptor d = RaceRig.queued();
  private final long handle = d.handle();

  public RecycleStress() {
    RaceRig.ENGINE.endings().end(d, Descriptor.QUEUED, TransferResult.NO_ERROR, 0, "");
  }

  @Actor
  public void owner() {
    RaceRig.ENGINE.submission().ack(handle);
  }

  @Actor
  public void worker() {
    RaceRig.ENGINE.endings().callBack(d);
  }

  @Arbiter
  public void count(I_Result r) {
    r.r1 = (int) (d.generation() - Handle.generation(handle));
  }
}
