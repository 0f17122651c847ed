package io.asynctx.driver.soft;

import io.asynctx.dmaengine.ChannelBusyException;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.TransferObserver;
import io.asynctx.raid.BulkKernels;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A device whose channels are CPU cores. It does every operation on any memory.
 *
 * <p>Threading: immutable but for which channels are open; open and close may meet.
 */
final class SoftDevice implements DmaDevice {
  private static final Logger LOG = LoggerFactory.getLogger(SoftDevice.class);
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+");

  /** The largest source count of an API operation, and the room of the kernels' arrays. */
  private static final int MAX_XOR = 255;

  private final String name;
  private final DeviceLimits limits;
  private final BulkKernels kernels;
  private final Supplier<@Nullable TransferObserver> observer;
  private final AtomicReferenceArray<@Nullable String> openers;

  /**
   * A device ready to work at full speed: returns when the kernels are compiled.
   *
   * @param config what was configured
   * @param observer who is told of each transfer that begins; gives null in ordinary life
   * @throws IllegalArgumentException if a value is not allowed, naming it
   */
  SoftDevice(SoftDriver.Config config, Supplier<@Nullable TransferObserver> observer) {
    this.observer = observer;
    name = checkedName(config.dma_device());
    limits = limits(config);
    openers = new AtomicReferenceArray<>(checkedChannels(config));
    kernels = kernels(config);
    LOG.info(
        "soft device: device={}, channels={}, depth={}, pollBudgetBytes={}, kernels={}; {}",
        name,
        openers.length(),
        limits.depth(),
        limits.pollBudgetBytes(),
        kernels.name(),
        WarmKernels.reason(config.kernels(), kernels));
  }

  private static String checkedName(@Nullable String name) {
    if (name == null || !NAME.matcher(name).matches()) {
      throw refused("dma.device=" + name + ", needed=" + NAME, null);
    }
    return name;
  }

  private static int checkedChannels(SoftDriver.Config config) {
    final int channels = config.channels();
    if (channels < 0 || channels > SoftDriver.MAX_CHANNELS) {
      throw refused(
          "dma.device="
              + config.dma_device()
              + ", channels="
              + channels
              + ", min=0 (one per core), max="
              + SoftDriver.MAX_CHANNELS,
          null);
    }
    return channels == 0 ? Runtime.getRuntime().availableProcessors() : channels;
  }

  private static DeviceLimits limits(SoftDriver.Config config) {
    try {
      return DeviceLimits.builder()
          .maxXor(MAX_XOR)
          .maxPq(BulkKernels.MAX_DATA, true, true)
          .memory(false, true)
          .worksInPoll(config.pollBudgetBytes())
          .queue(config.depth(), config.batchThreshold())
          .build();
    } catch (IllegalArgumentException e) {
      throw refused("dma.device=" + config.dma_device() + ", " + e.getMessage(), e);
    }
  }

  private static BulkKernels kernels(SoftDriver.Config config) {
    try {
      return WarmKernels.choose(Objects.requireNonNullElse(config.kernels(), "null"));
    } catch (IllegalArgumentException e) {
      throw refused("dma.device=" + config.dma_device() + ", " + e.getMessage(), e);
    }
  }

  private static IllegalArgumentException refused(
      String values, @Nullable IllegalArgumentException cause) {
    return new IllegalArgumentException(
        "configuration of a soft device refused: " + values + "; mend " + SoftDriver.PID + "~NAME",
        cause);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public ProviderKind kind() {
    return ProviderKind.SOFTWARE;
  }

  @Override
  public int channels() {
    return openers.length();
  }

  @Override
  public DmaCaps capabilities(int channel) {
    Objects.checkIndex(channel, openers.length());
    return DmaCaps.all();
  }

  @Override
  public DeviceLimits limits(int channel) {
    Objects.checkIndex(channel, openers.length());
    return limits;
  }

  @Override
  public ChannelOps open(int channel) {
    Objects.checkIndex(channel, openers.length());
    final String full = name + '/' + channel;
    final String opener = Thread.currentThread().getName();
    if (!openers.compareAndSet(channel, null, opener)) {
      throw new ChannelBusyException(
          "channel is open already: channel="
              + full
              + ", opened by thread="
              + openers.get(channel)
              + "; close it there first");
    }
    return new SoftChannelOps(full, kernels, limits, observer, () -> openers.set(channel, null));
  }
}
