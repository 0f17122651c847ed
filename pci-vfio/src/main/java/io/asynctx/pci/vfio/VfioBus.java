package io.asynctx.pci.vfio;

import io.asynctx.dmaengine.bus.PciFunction;
import io.asynctx.dmaengine.driver.DriverReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers a {@link PciFunction} for each function bound to vfio-pci, and tells why others are
 * not. Immediate: a bus is there whether or not somebody looks at it.
 *
 * <p>Threading: DS activates and deactivates; services come and go on the thread of the {@link
 * Watch}; any thread asks for findings.
 */
@Component(immediate = true, service = DriverReport.class, configurationPid = VfioBus.PID)
@Designate(ocd = VfioBus.Config.class)
public final class VfioBus implements DriverReport, Watch.Listener {
  static final String PID = "io.asynctx.pci.vfio";

  private static final Logger LOG = LoggerFactory.getLogger(VfioBus.class);

  private static final long JOIN_MILLIS = 10_000;

  /** Where to look, and how often. */
  @ObjectClassDefinition(
      name = "AsyncTX PCI bus through VFIO",
      description = "where functions bound to vfio-pci are looked for; a change starts anew")
  @interface Config {
    /** Where sysfs is. */
    @AttributeDefinition(name = "sysfs", description = "folder where sysfs is mounted")
    String sysfs_root() default "/sys";

    /** Where device files are. */
    @AttributeDefinition(name = "Device files", description = "folder of the device files")
    String dev_root() default "/dev";

    /** How often. */
    @AttributeDefinition(
        name = "Look",
        description = "milliseconds from one look for functions that came or went to the next")
    int look_millis() default 1000;
  }

  private final BundleContext context;
  private final Map<VfioFunction, ServiceRegistration<?>> registered = new ConcurrentHashMap<>();
  private final KernelFiles files;
  private final @Nullable Watch watch;
  private final @Nullable Thread thread;

  /**
   * Called by DS.
   *
   * @param context of this bundle
   * @param config where to look
   */
  @Activate
  public VfioBus(BundleContext context, Config config) {
    this.context = context;
    files = new KernelFiles(Path.of(config.dev_root()), Path.of(config.sysfs_root()));
    if (new Sysfs(files.sysfs()).hasPci()) {
      final Kernel kernel = new Kernel(new LinuxCalls(), files);
      watch = new Watch(new Groups(kernel), this, Math.max(1, config.look_millis()));
      thread = Thread.ofPlatform().daemon().name("asynctx-pci-vfio").start(watch);
    } else {
      watch = null;
      thread = null;
    }
    for (Finding finding : findings()) {
      LOG.info("{}: {}; {}", finding.device(), finding.detail(), finding.remedy());
    }
  }

  /**
   * Called by DS. Every function is gone afterwards.
   *
   * @throws InterruptedException if interrupted while the watch ends
   */
  @Deactivate
  void deactivate() throws InterruptedException {
    final Watch ended = watch;
    final Thread last = thread;
    if (ended != null && last != null) {
      ended.close();
      last.join(JOIN_MILLIS);
    }
  }

  @Override
  public void arrived(VfioFunction function) {
    LOG.info("function arrived: function={}", function.identity());
    registered.put(
        function,
        context.registerService(
            PciFunction.class,
            function,
            new Hashtable<>(function.identity().serviceProperties(false))));
  }

  @Override
  public void left(VfioFunction function) {
    LOG.info("function left: function={}", function.identity());
    final ServiceRegistration<?> registration = registered.remove(function);
    if (registration != null) {
      registration.unregister();
    }
  }

  @Override
  public String driver() {
    return "pci-vfio";
  }

  @Override
  public List<Finding> findings() {
    // Files of sysfs, no register: as cheap as a look at them.
    return new Diagnosis(files, Files::isWritable).findings();
  }
}
