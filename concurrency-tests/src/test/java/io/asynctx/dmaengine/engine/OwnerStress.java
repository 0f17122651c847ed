package io.asynctx.dmaengine.engine;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.asynctx.dmaengine.TransferResult;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A callback is run while its owner stops. r1: 0 not called, 1 called before stop returned, 2
 * called after; r2: whether stop waited for it.
 */
@JCStressTest
@State
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "stopped first")
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "called first, stop waited")
@Outcome(id = "2, .", expect = FORBIDDEN, desc = "a callback ran after stop had returned")
@Outcome(id = "., 0", expect = FORBIDDEN, desc = "stop gave up")
public class OwnerStress {
  private static final long PLENTY_NANOS = 10_000_000_000L;

  private final Owner owner = new Owner("race");
  private final Descriptor d = RaceRig.queued();
  private final long handle = d.handle();
  private volatile boolean stopped;
  private int called;

  public OwnerStress() {
    d.owner = owner;
    d.callback = (h, result, parameter) -> called = stopped ? 2 : 1;
    RaceRig.ENGINE.endings().end(d, Descriptor.QUEUED, TransferResult.NO_ERROR, 0, "");
  }

  @Actor
  public void worker() {
    RaceRig.ENGINE.endings().callBack(d);
  }

  @Actor
  public void stopper(II_Result r) {
    r.r2 = owner.stop(System.nanoTime() + PLENTY_NANOS) ? 1 : 0;
    stopped = true;
  }

  @Arbiter
  public void look(II_Result r) {
    r.r1 = called;
    RaceRig.recycle(d, handle);
  }
}
