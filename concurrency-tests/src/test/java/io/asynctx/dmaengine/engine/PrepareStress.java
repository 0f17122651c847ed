package io.asynctx.dmaengine.engine;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.memory.BufferInUseException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A buffer is closed while an operation that writes to it is prepared and submitted. r1: 0 the
 * operation was refused or ended, 1 it may run; r2: whether the buffer was closed.
 */
@JCStressTest
@State
@Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the closer found the operation")
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "the client found the buffer closed")
@Outcome(
    id = "0, 0",
    expect = ACCEPTABLE,
    desc = "refused while the closer looked, which then found another")
@Outcome(
    id = "1, 1",
    expect = FORBIDDEN,
    desc = "an operation writes to memory that was given back")
public class PrepareStress {
  private final Buffers.Buffer buffer = RaceRig.ENGINE.buffers().allocate(1, 1, "race");
  private final DescriptorPool pool = RaceRig.pool();
  private final Channel channel = RaceRig.channel(new RaceRig.Driver(), pool);
  private final DmaChannel leased = RaceRig.lease(channel).view();

  @Actor
  public void client(II_Result r) {
    try {
      final long handle = leased.prepMemset(buffer.segment(), (byte) 0, 1, DmaChannel.PREP_ACK);
      leased.submit(handle);
    } catch (IllegalStateException e) {
      r.r1 = 0; // refused when it was prepared
    }
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
    final Descriptor d = channel.takePending();
    if (d != null) {
      r.r1 = 1;
      RaceRig.ENGINE.endings().endUnrun(d, TransferResult.CANCELLED, "");
    }
    buffer.close();
  }
}
