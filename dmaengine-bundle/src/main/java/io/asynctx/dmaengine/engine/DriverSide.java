package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.driver.ChannelOps;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The driver's side of a channel: how it is reached, whether threads that nobody waits for are
 * still inside it, and what it said when it was told to end everything.
 *
 * <pre>
 *  field              written by                       mode      read by            mode
 *  ops                opener; remover, resetter under  volatile  issuer, harvester  volatile
 *                     both locks
 *  lost, terminated,  remover, resetter                volatile  same, orders       volatile
 *  provenQuiet
 *  visitors, toClose  anyone                           RMW       same               RMW
 * </pre>
 *
 * <p>Whoever leaves last closes what was to be closed: the closer says what, then looks at the
 * visitors; a visitor takes itself off, then looks what is to be closed. One of them sees the
 * other.
 */
final class DriverSide {
  private final Channel channel;
  private volatile ChannelOps ops;
  private volatile @Nullable ChannelOps lost;
  private volatile boolean terminated;
  private volatile boolean provenQuiet;
  private final AtomicInteger visitors = new AtomicInteger();
  private final AtomicReference<@Nullable ChannelOps> toClose = new AtomicReference<>();

  DriverSide(Channel channel, ChannelOps ops) {
    this.channel = channel;
    this.ops = ops;
  }

  ChannelOps ops() {
    return ops;
  }

  /** Under token and issue lock: the driver is out of reach for good. */
  void replace(ChannelOps gone) {
    ops = gone;
    lost = null;
  }

  /** Both locks held: no driver is reached any more, but it may yet reset the device. */
  void lose(ChannelOps gone) {
    if (lost == null) {
      lost = ops;
    }
    ops = gone;
  }

  /** The driver, also after it was lost. */
  ChannelOps driver() {
    final ChannelOps before = lost;
    return before == null ? ops : before;
  }

  /** The driver has reset the device, and it has nothing. */
  void revived() {
    ops = driver();
    lost = null;
    terminated = false;
    provenQuiet = false;
  }

  /** The driver was told to end everything: nothing more is given to it until it was reset. */
  void terminated(boolean quiet) {
    terminated = true;
    provenQuiet = quiet;
  }

  boolean terminated() {
    return terminated;
  }

  boolean provenQuiet() {
    return provenQuiet;
  }

  /** A thread is inside the driver, and nobody waits for it. */
  void enters() {
    visitors.incrementAndGet();
  }

  void leaves() {
    if (visitors.decrementAndGet() == 0) {
      close();
    }
  }

  /** Whether a thread that nobody waits for is still inside the driver. */
  boolean visited() {
    return visitors.get() != 0;
  }

  /**
   * Closes as soon as no thread is inside, since nothing may overlap a close; but not when the
   * device leaves, since nothing of it may be entered after that.
   */
  void closeWhenLeft(ChannelOps left) {
    toClose.set(left);
    if (!visited()) {
      close();
    }
  }

  private void close() {
    final ChannelOps left = toClose.getAndSet(null);
    if (left != null && !channel.device.leaving()) {
      try {
        left.close();
      } catch (Throwable e) {
        channel.fault("close threw, long after its channel had", e);
      }
    }
  }
}
