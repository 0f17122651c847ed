package io.asynctx.dmaengine.engine;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.asynctx.dmaengine.ChannelState;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Submit against removal: push, then read the state; write the state, then take. r1: what the
 * submitter saw, 0 open, 1 closing and nothing left to move, 2 closing and moved it; r2: whether
 * the remover took it.
 */
@JCStressTest
@State
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "submitted in time, moved by the remover")
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "both saw each other, the remover was first")
@Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "too late, moved by its submitter")
@Outcome(id = "0, 0", expect = FORBIDDEN, desc = "lost in the queue of a closed channel")
@Outcome(id = "2, 1", expect = FORBIDDEN, desc = "moved twice")
@Outcome(id = "1, 0", expect = FORBIDDEN, desc = "vanished")
public class GateStress {
  private final DescriptorPool pool = new DescriptorPool(0, 0, 2, 1);
  private final Descriptor d = pool.take();
  private final Channel channel = RaceRig.channel(new RaceRig.Driver(), pool);

  @Actor
  public void submitter(II_Result r) {
    r.r1 = channel.publish(d) ? 0 : channel.takePending() == null ? 1 : 2;
  }

  @Actor
  public void remover(II_Result r) {
    channel.state(ChannelState.DRAINING);
    r.r2 = channel.takePending() == null ? 0 : 1;
  }
}
