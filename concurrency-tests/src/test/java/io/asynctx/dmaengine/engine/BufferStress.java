package io.asynctx.dmaengine.engine;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.memory.BufferInUseException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A buffer is closed while a prepared operation that writes to it is submitted. r1: whether the
 * operation may run; r2: whether the buffer was closed.
 */
@JCStressTest
@State
@Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the closer found the operation")
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "the submitter found the buffer closed")
@Outcome(
    id = "1, 1",
    expect = FORBIDDEN,
    desc = "an operation writes to memory that was given back")
@Outcome(id = "0, 0", expect = FORBIDDEN, desc = "the buffer is open and the operation was refused")
public class BufferStress {
  private final Buffers.Buffer buffer = RaceRig.ENGINE.buffers().allocate(1, 1, "race");
  private final Descriptor d = RaceRig.take();
  private final long handle = d.handle();
  private final Channel channel = RaceRig.channel(new RaceRig.Driver(), d.home);

  public BufferStress() {
    d.epoch = RaceRig.ENGINE.buffers().epoch();
    d.fill(DmaCap.MEMSET, 1, 0, 1, 0);
    d.destination(0, buffer.segment());
    d.channel = channel;
  }

  @Actor
  public void submitter() {
    RaceRig.ENGINE.submission().submit(d, handle);
  }

  @Actor
  public void closer(II_Result r) {
    try {
      buffer.close();
      r.r2 = 1;
    } catch (BufferInUseException e) {
      r.r2 = 0;
    }
  }

  @Arbiter
  public void look(II_Result r) {
    r.r1 = d.state() == Descriptor.QUEUED ? 1 : 0;
    if (d.state() == Descriptor.QUEUED) {
      channel.takePending();
      RaceRig.ENGINE.endings().endUnrun(d, TransferResult.CANCELLED, "");
    }
    RaceRig.recycle(d, handle);
    buffer.close();
  }
}
