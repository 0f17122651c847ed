package io.asynctx.cpu;

import io.asynctx.dmaengine.ChannelBusyException;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.TransferObserver;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A device whose channels are CPU cores.
 *
 * <p>Threading: immutable but for which channels are open; open and close may meet.
 */
public abstract class CpuDevice implements DmaDevice {

  private final CpuSettings settings;
  private final DmaCaps capabilities;
  private final Supplier<@Nullable TransferObserver> observer;
  private final AtomicReferenceArray<@Nullable String> openers;

  /**
   * A device with every channel closed.
   *
   * @param settings what was configured
   * @param capabilities what each channel can do
   * @param observer who is told of each transfer that begins; gives null in ordinary life
   */
  protected CpuDevice(
      CpuSettings settings, DmaCaps capabilities, Supplier<@Nullable TransferObserver> observer) {
    this.settings = settings;
    this.capabilities = capabilities;
    this.observer = observer;
    this.openers = new AtomicReferenceArray<>(settings.channels());
  }

  /**
   * Kernels for a channel that opens.
   *
   * @return closed with the channel
   * @throws IllegalStateException if there are none, with the reason and the remedy
   */
  protected abstract ChannelKernels kernels();

  @Override
  public final String name() {
    return settings.name();
  }

  @Override
  public final ProviderKind kind() {
    return ProviderKind.SOFTWARE;
  }

  @Override
  public final int channels() {
    return settings.channels();
  }

  @Override
  public final DmaCaps capabilities(int channel) {
    Objects.checkIndex(channel, channels());
    return capabilities;
  }

  @Override
  public final DeviceLimits limits(int channel) {
    Objects.checkIndex(channel, channels());
    return settings.limits();
  }

  @Override
  public final ChannelOps open(int channel) {
    Objects.checkIndex(channel, channels());
    final String full = name() + '/' + channel;
    final String opener = Thread.currentThread().getName();
    if (!openers.compareAndSet(channel, null, opener)) {
      throw new ChannelBusyException(
          "channel is open already: channel="
              + full
              + ", opened by thread="
              + openers.get(channel)
              + "; close it there first");
    }
    final ChannelKernels kernels;
    try {
      kernels = kernels();
    } catch (RuntimeException | Error e) {
      openers.set(channel, null);
      throw e;
    }
    return new CpuChannelOps(
        full,
        kernels.kernels(),
        settings.limits(),
        observer,
        () -> {
          try {
            kernels.close();
          } finally {
            openers.set(channel, null);
          }
        });
  }
}
