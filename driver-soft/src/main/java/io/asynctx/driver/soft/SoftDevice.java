package io.asynctx.driver.soft;

import io.asynctx.cpu.ChannelKernels;
import io.asynctx.cpu.CpuDevice;
import io.asynctx.cpu.CpuSettings;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.driver.TransferObserver;
import io.asynctx.raid.BulkKernels;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A device whose channels do every operation on any memory, by the kernels of {@code raid-kernels}.
 *
 * <p>Threading: that of {@link CpuDevice}; the kernels are stateless, and the same for all
 * channels.
 */
final class SoftDevice extends CpuDevice {
  private static final Logger LOG = LoggerFactory.getLogger(SoftDevice.class);

  private final BulkKernels kernels;

  /**
   * A device ready to work at full speed: returns when the kernels are compiled.
   *
   * @param config what was configured
   * @param observer who is told of each transfer that begins; gives null in ordinary life
   * @throws IllegalArgumentException if a value is not allowed, naming it
   */
  SoftDevice(SoftDriver.Config config, Supplier<@Nullable TransferObserver> observer) {
    this(config, settings(config), observer);
  }

  private SoftDevice(
      SoftDriver.Config config,
      CpuSettings settings,
      Supplier<@Nullable TransferObserver> observer) {
    super(settings, DmaCaps.all(), observer);
    kernels = kernels(config, settings);
    LOG.info(
        "soft device: device={}, channels={}, depth={}, pollBudgetBytes={}, kernels={}; {}",
        settings.name(),
        settings.channels(),
        settings.limits().depth(),
        settings.limits().pollBudgetBytes(),
        kernels.name(),
        WarmKernels.reason(config.kernels(), kernels));
  }

  private static CpuSettings settings(SoftDriver.Config config) {
    return CpuSettings.of(
        SoftDriver.PID,
        config.dma_device(),
        config.channels(),
        limits ->
            limits
                .worksInPoll(config.pollBudgetBytes())
                .queue(config.depth(), config.batchThreshold()));
  }

  private static BulkKernels kernels(SoftDriver.Config config, CpuSettings settings) {
    try {
      return WarmKernels.choose(Objects.requireNonNullElse(config.kernels(), "null"));
    } catch (IllegalArgumentException e) {
      throw settings.refused(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  protected ChannelKernels kernels() {
    return () -> kernels;
  }
}
