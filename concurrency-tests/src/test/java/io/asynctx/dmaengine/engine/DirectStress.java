package io.asynctx.dmaengine.engine;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.asynctx.memory.BufferInUseException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A buffer is closed while a thread is about to work on it without a descriptor, and if it may, it
 * works until the closer has his answer. r1: whether it may; r2: whether the buffer was closed.
 */
@JCStressTest
@State
@Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the closer found the thread at work")
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "the thread saw that something was closed")
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "both gave way")
@Outcome(id = "1, 1", expect = FORBIDDEN, desc = "it works on memory that was given back")
public class DirectStress {
  private final Buffers.Buffer buffer = RaceRig.ENGINE.buffers().allocate(1, 1, "race");
  private final long address = buffer.segment().address();
  private final long epoch = RaceRig.ENGINE.buffers().epoch();
  private volatile boolean answered;

  @Actor
  public void worker(II_Result r) {
    final int place = Direct.enter(RaceRig.ENGINE, address, address, 1, epoch);
    if (place >= 0) {
      while (!answered) {
        Thread.onSpinWait();
      }
      r.r1 = 1;
      RaceRig.ENGINE.hazards().leave(place);
    }
  }

  @Actor
  public void closer(II_Result r) {
    try {
      buffer.close();
      r.r2 = 1;
    } catch (BufferInUseException e) {
      r.r2 = 0;
    } finally {
      answered = true;
    }
  }

  @Arbiter
  public void look() {
    buffer.close();
  }
}
