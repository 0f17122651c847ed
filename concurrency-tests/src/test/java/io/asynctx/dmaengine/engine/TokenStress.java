package io.asynctx.dmaengine.engine;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * Two threads poll one driver, whose fields are plain. r1, r2: whether each got to poll; r3: how
 * many polls the driver counted.
 */
@JCStressTest
@State
@Outcome(
    id = "1, 1, 2",
    expect = ACCEPTABLE,
    desc = "one after the other, each sees the other's work")
@Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "the token was taken")
@Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "the token was taken")
@Outcome(id = ".*", expect = FORBIDDEN, desc = "two threads inside one driver")
public class TokenStress {
  private final DescriptorPool pool = new DescriptorPool(0, 0, 2, 1);
  private final RaceRig.Driver driver = new RaceRig.Driver();
  private final Channel channel = RaceRig.channel(driver, pool);

  @Actor
  public void worker(III_Result r) {
    r.r1 = channel.harvest(16) == -1 ? 0 : 1;
  }

  @Actor
  public void helper(III_Result r) {
    r.r2 = channel.harvest(16) == -1 ? 0 : 1;
  }

  @Arbiter
  public void count(III_Result r) {
    r.r3 = driver.polls;
  }
}
