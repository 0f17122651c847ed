package io.asynctx.driver.soft;

import io.asynctx.dmaengine.ChannelBusyException;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.raid.BulkKernels;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A device whose channels are CPU cores, one per factory configuration {@value #PID}{@code ~NAME}.
 * It does every operation on any memory and ranks below every other device. Whatever else its
 * configuration says becomes a service property, for clients' filters.
 *
 * <p>Threading: immutable but for which channels are open; open and close may meet.
 */
@Component(
    configurationPid = SoftDevice.PID,
    configurationPolicy = ConfigurationPolicy.REQUIRE,
    property = {"service.ranking:Integer=-1000", "dma.emulated:Boolean=false"})
@Designate(ocd = SoftDevice.Config.class, factory = true)
public final class SoftDevice implements DmaDevice {
  static final String PID = "io.asynctx.driver.soft";

  private static final Logger LOG = LoggerFactory.getLogger(SoftDevice.class);
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+");
  private static final int MAX_CHANNELS = 1024;

  /** The largest source count of an API operation, and the room of the kernels' arrays. */
  private static final int MAX_XOR = 255;

  /** Configuration of one device. */
  @ObjectClassDefinition(
      name = "AsyncTX soft device",
      description = "CPU channels: every operation, on any memory")
  @interface Config {
    /** Name of the device. */
    @AttributeDefinition(
        name = "Name",
        description = "name of the device, e.g. soft0: letters, digits, dots, dashes, underscores")
    String dma_device();

    /** How many channels. */
    @AttributeDefinition(
        name = "Channels",
        description = "how many channels, each with a worker thread of the engine; 0: one per core",
        min = "0",
        max = "" + MAX_CHANNELS)
    int channels() default 0;

    /** Transfers with a channel. */
    @AttributeDefinition(
        name = "Depth",
        description = "most transfers with a channel at a time; a power of two",
        min = "2",
        max = "32768")
    int depth() default 256;

    /** Operations issued together. */
    @AttributeDefinition(
        name = "Batch threshold",
        description = "submitted operations that come together before they are issued unasked",
        min = "1",
        max = "32768")
    int batchThreshold() default 16;

    /** Work of one poll. */
    @AttributeDefinition(
        name = "Poll budget",
        description = "bytes that one poll works on, all operands counted",
        min = "1")
    long pollBudgetBytes() default 1 << 20;

    /** Which kernels. */
    @AttributeDefinition(
        name = "Kernels",
        description = "which kernels do the work",
        options = {
          @Option(label = "the fastest of this JVM", value = "auto"),
          @Option(label = "byte at a time, for comparison", value = "scalar"),
          @Option(label = "Vector API", value = "vector")
        })
    String kernels() default "auto";
  }

  private final String name;
  private final DeviceLimits limits;
  private final BulkKernels kernels;
  private final AtomicReferenceArray<@Nullable String> openers;

  /**
   * Called by DS. Returns when the kernels are compiled.
   *
   * @param config what was configured
   * @throws IllegalArgumentException if a value is not allowed, naming it
   */
  @Activate
  public SoftDevice(Config config) {
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

  private static int checkedChannels(Config config) {
    final int channels = config.channels();
    if (channels < 0 || channels > MAX_CHANNELS) {
      throw refused(
          "dma.device="
              + config.dma_device()
              + ", channels="
              + channels
              + ", min=0 (one per core), max="
              + MAX_CHANNELS,
          null);
    }
    return channels == 0 ? Runtime.getRuntime().availableProcessors() : channels;
  }

  private static DeviceLimits limits(Config config) {
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

  private static BulkKernels kernels(Config config) {
    try {
      return WarmKernels.choose(Objects.requireNonNullElse(config.kernels(), "null"));
    } catch (IllegalArgumentException e) {
      throw refused("dma.device=" + config.dma_device() + ", " + e.getMessage(), e);
    }
  }

  private static IllegalArgumentException refused(
      String values, @Nullable IllegalArgumentException cause) {
    return new IllegalArgumentException(
        "configuration of a soft device refused: " + values + "; mend " + PID + "~NAME", cause);
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
    return new SoftChannelOps(full, kernels, limits, () -> openers.set(channel, null));
  }
}
