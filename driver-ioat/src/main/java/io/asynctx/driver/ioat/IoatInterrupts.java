package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.driver.InterruptSource;
import java.util.concurrent.TimeUnit;

/**
 * The interrupts of one channel. While a reset is under way it says that one came: the end of a
 * reset interrupts nobody, and the poll after it brings the channel back.
 *
 * <p>Threading: the engine's interrupt thread.
 */
final class IoatInterrupts implements InterruptSource {
  private static final long RESET_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final ClaimedFunction claim;
  private final int vector;
  private final IoatChannelOps channel;
  private final IoatControl control;

  IoatInterrupts(ClaimedFunction claim, int vector, IoatChannelOps channel, IoatControl control) {
    this.claim = claim;
    this.vector = vector;
    this.channel = channel;
    this.control = control;
  }

  @Override
  public boolean await(long timeoutNanos) throws InterruptedException {
    if (channel.recovering() && timeoutNanos > RESET_LOOK_NANOS) {
      claim.interrupt(vector).await(RESET_LOOK_NANOS);
      return true;
    }
    return claim.interrupt(vector).await(timeoutNanos);
  }

  @Override
  public void unmask() {
    claim.interrupt(vector).unmask();
    control.rearm();
  }
}
