package io.asynctx.driver.isal;

import io.asynctx.cpu.CpuSettings;
import io.asynctx.cpu.DeviceService;
import io.asynctx.dmaengine.driver.DriverReport.Finding;
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
 * Brings up one device for each factory configuration {@value #PID}{@code ~NAME}, if ISA-L can be
 * loaded and does anything faster than Java. If not, there is a finding in the report, and nothing
 * else. Whatever else the configuration says becomes a property of the device's service.
 *
 * <p>The ranking is above that of the soft driver and below that of hardware: the engine prefers
 * these channels for what they offer, which is what they do faster.
 *
 * <p>Threading: DS alone; the pollers of its channels read {@code observer}, which is volatile.
 */
@Component(
    service = {},
    immediate = true,
    configurationPid = IsalDriver.PID,
    configurationPolicy = ConfigurationPolicy.REQUIRE,
    property = {"service.ranking:Integer=-900", "dma.emulated:Boolean=false"})
@Designate(ocd = IsalDriver.Config.class, factory = true)
@Capability(
    namespace = "osgi.service",
    attribute = "objectClass:List<String>=\"io.asynctx.dmaengine.driver.DmaDevice\"")
public final class IsalDriver {
  static final String PID = "io.asynctx.driver.isal";

  private static final Logger LOG = LoggerFactory.getLogger(IsalDriver.class);

  /** Configuration of one device. */
  @ObjectClassDefinition(
      name = "AsyncTX ISA-L device",
      description = "CPU channels on the native library ISA-L, for what it does faster")
  @interface Config {
    /** Name of the device. */
    @AttributeDefinition(
        name = "Name",
        description = "name of the device, e.g. isal0: letters, digits, dots, dashes, underscores")
    String dma_device();

    /** Which library. */
    @AttributeDefinition(
        name = "Library",
        description =
            "file of the library, or its name as the dynamic linker knows it; empty: the"
                + " usual names, libisal.so.2 first")
    String library() default "";

    /** How many channels. */
    @AttributeDefinition(
        name = "Channels",
        description = "how many channels, each with a worker thread of the engine; 0: one per core",
        min = "0",
        max = "" + CpuSettings.MAX_CHANNELS)
    int channels() default 0;

    /** Which kernels. */
    @AttributeDefinition(
        name = "Kernels",
        description = "what does the work",
        options = {
          @Option(label = "for each operation the faster of ISA-L and Java", value = "auto"),
          @Option(label = "ISA-L for all it has, for comparison", value = "native")
        })
    String kernels() default "auto";
  }

  private final BundleContext context;
  private final IsalReport report;
  private final String name;
  private final Map<String, Object> properties;
  private final @Nullable IsalDevice device;

  /** Who is told of each transfer that begins; null in ordinary life. */
  @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
  volatile @Nullable TransferObserver observer;

  private @Nullable DeviceService service;

  /**
   * Called by DS. Returns when the device works, or it is known why there is none.
   *
   * @param context of this bundle
   * @param report what is told what became of it
   * @param config what was configured
   * @param properties the same, and whatever else was configured
   * @throws IllegalArgumentException if a value is not allowed, naming it
   */
  @Activate
  public IsalDriver(
      BundleContext context,
      @Reference IsalReport report,
      Config config,
      Map<String, Object> properties) {
    this.context = context;
    this.report = report;
    this.properties = properties;
    name = String.valueOf(config.dma_device());
    device = device(config);
  }

  private @Nullable IsalDevice device(Config config) {
    try {
      final IsalDevice opened = IsalDevice.open(config, () -> observer);
      report.put(new Finding(name, true, "CPU channels on ISA-L: " + opened.description(), ""));
      return opened;
    } catch (UnusableException e) {
      LOG.info("no isal device: device={}, {}", name, e.getMessage());
      report.put(new Finding(name, false, e.reason(), e.remedy()));
      return null;
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
    if (device != null) {
      service = new DeviceService(context, device, properties);
    }
  }

  /**
   * Called by DS. The engine has let go of the device when this returns, and so has the library.
   */
  @Deactivate
  void deactivate() {
    report.remove(name);
    if (service != null) {
      service.close();
    }
    if (device != null) {
      device.close();
    }
  }
}
