package io.asynctx.driver.soft;

import io.asynctx.cpu.CpuSettings;
import io.asynctx.cpu.DeviceService;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.TransferObserver;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings up one soft device per factory configuration {@value #PID}{@code ~NAME}. Whatever else the
 * configuration says becomes a property of the device's service, for clients' filters.
 *
 * <p>The component registers the service itself. SCR would register it before the kernels are warm,
 * and even if the configuration is then refused; on a busy machine warming takes longer than SCR's
 * lock time-out, and whoever asks meanwhile gets null. So the service is there iff the device
 * works.
 *
 * <p>Threading: DS alone; the pollers of its channels read {@code observer}, which is volatile.
 */
@Component(
    service = {},
    immediate = true,
    configurationPid = SoftDriver.PID,
    configurationPolicy = ConfigurationPolicy.REQUIRE,
    property = {"service.ranking:Integer=-1000", "dma.emulated:Boolean=false"})
@Designate(ocd = SoftDriver.Config.class, factory = true)
@Capability(
    namespace = "osgi.service",
    attribute = "objectClass:List<String>=\"io.asynctx.dmaengine.driver.DmaDevice\"")
public final class SoftDriver {
  static final String PID = "io.asynctx.driver.soft";

  private static final Logger LOG = LoggerFactory.getLogger(SoftDriver.class);

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
        max = "" + CpuSettings.MAX_CHANNELS)
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

  private final BundleContext context;
  private final DmaDevice device;
  private final Map<String, Object> properties;

  /** Who is told of each transfer that begins; null in ordinary life. */
  @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
  volatile @Nullable TransferObserver observer;

  private @Nullable DeviceService service;

  /**
   * Called by DS. Returns when the device works.
   *
   * @param context of this bundle
   * @param config what was configured
   * @param properties the same, and whatever else was configured
   * @throws IllegalArgumentException if a value is not allowed, naming it
   */
  @Activate
  public SoftDriver(BundleContext context, Config config, Map<String, Object> properties) {
    this.context = context;
    this.properties = properties;
    try {
      device = new SoftDevice(config, () -> observer);
    } catch (IllegalArgumentException e) {
      LOG.error(e.getMessage());
      throw e;
    }
  }

  /**
   * Called by DS, after an observer that is there already was bound: not one transfer passes it by.
   */
  @Activate
  void register() {
    service = new DeviceService(context, device, properties);
  }

  /** Called by DS. The engine has let go of the device when this returns. */
  @Deactivate
  void deactivate() {
    final DeviceService registered = service;
    if (registered != null) {
      registered.close();
    }
  }
}
