package io.asynctx.driver.isal;

import io.asynctx.cpu.ChannelKernels;
import io.asynctx.cpu.CpuDevice;
import io.asynctx.cpu.CpuSettings;
import io.asynctx.dmaengine.driver.TransferObserver;
import io.asynctx.raid.BulkKernels;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A device whose channels do what ISA-L does faster than Java, on memory that cannot be closed.
 *
 * <p>Threading: that of {@link CpuDevice}; each channel has a hold on the library of its own.
 */
final class IsalDevice extends CpuDevice implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IsalDevice.class);

  private static final int DEPTH = 256;
  private static final int BATCH_THRESHOLD = 16;
  private static final long POLL_BUDGET_BYTES = 1 << 20;

  private final IsalLibrary library;
  private final NativeRung rung;
  private final String file;

  private IsalDevice(
      CpuSettings settings,
      IsalLibrary library,
      NativeRung rung,
      Supplier<@Nullable TransferObserver> observer) {
    super(settings, rung.capabilities(), observer);
    this.library = library;
    this.rung = rung;
    file = file(library);
  }

  /**
   * A device ready to work at full speed.
   *
   * @param config what was configured
   * @param observer who is told of each transfer that begins; gives null in ordinary life
   * @return to be closed, after its channels
   * @throws UnusableException if the library gives no device here
   * @throws IllegalArgumentException if a value is not allowed, naming it
   */
  static IsalDevice open(IsalDriver.Config config, Supplier<@Nullable TransferObserver> observer)
      throws UnusableException {
    final CpuSettings settings =
        CpuSettings.of(
            IsalDriver.PID,
            config.dma_device(),
            config.channels(),
            limits ->
                limits
                    .memory(true, true)
                    .worksInPoll(POLL_BUDGET_BYTES)
                    .queue(DEPTH, BATCH_THRESHOLD));
    final boolean timed =
        switch (String.valueOf(config.kernels())) {
          case "auto" -> true;
          case "native" -> false;
          default ->
              throw settings.refused("kernels=" + config.kernels() + "; use auto or native", null);
        };
    final IsalLibrary library = IsalLibrary.open(config.library());
    IsalDevice device = null;
    try {
      device = new IsalDevice(settings, library, NativeRung.climb(library, timed), observer);
    } catch (UnusableException e) {
      throw new UnusableException(e.reason() + ": library=" + file(library), e.remedy(), e);
    } finally {
      if (device == null) {
        library.close();
      }
    }
    LOG.info(
        "isal device: device={}, channels={}, {}",
        settings.name(),
        settings.channels(),
        device.description());
    return device;
  }

  private static String file(IsalLibrary library) {
    return library.functions().stream()
        .map(library::function)
        .map(address -> LoadedFile.at(address.address(), library.name()))
        .findFirst()
        .orElse(library.name());
  }

  /** Which library, and what it is used for; one line. */
  String description() {
    return "library="
        + file
        + " (it exports no version), operations="
        + rung.capabilities().toList().stream().map(Enum::name).collect(Collectors.joining(","));
  }

  @Override
  protected ChannelKernels kernels() {
    final IsalLibrary hold;
    try {
      hold = IsalLibrary.open(library.name());
    } catch (UnusableException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
    final BulkKernels kernels = rung.on(hold);
    return new ChannelKernels() {
      @Override
      public BulkKernels kernels() {
        return kernels;
      }

      @Override
      public void close() {
        hold.close();
      }
    };
  }

  @Override
  public void close() {
    library.close();
  }
}
