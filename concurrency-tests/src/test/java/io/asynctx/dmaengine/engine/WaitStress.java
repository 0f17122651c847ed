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

/** A waiter parks while its operation ends. r1: whether it slept to the end of its patience. */
@JCStressTest
@State
@Outcome(id = "0", expect = ACCEPTABLE, desc = "saw the end, or was woken")
@Outcome(id = "1", expect = FORBIDDEN, desc = "slept through the end")
public class WaitStress {
  private static final long PATIENCE_NANOS = 1_500_000_000L;

  private final Descriptor d = RaceRig.queued();
  private final long handle = d.handle();

  @Actor
  public void waiter(I_Result r) {
    final long start = System.nanoTime();
    try {
      RaceRig.ENGINE.waiters().park(d, Handle.generation(handle), PATIENCE_NANOS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    r.r1 = System.nanoTime() - start < PATIENCE_NANOS ? 0 : 1;
  }

  @Actor
  public void finisher() {
    RaceRig.ENGINE.endings().end(d, Descriptor.QUEUED, TransferResult.NO_ERROR, 0, "");
    RaceRig.ENGINE.endings().finishAll(d);
  }

  @Arbiter
  public void recycle() {
    RaceRig.recycle(d, handle);
  }
}
