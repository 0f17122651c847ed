package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.bus.PciFunction;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.DriverReport.Finding;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives every I/OAT function that a bus gives: one {@link DmaDevice} service for each, once its
 * self-test has passed. A function that fails it is given back, and the report says why.
 *
 * <p>Threading: DS; functions may come and go on several threads at a time.
 */
@Component(
    service = {},
    immediate = true,
    configurationPid = IoatReport.PID)
@Capability(
    namespace = "osgi.service",
    attribute = "objectClass:List<String>=\"io.asynctx.dmaengine.driver.DmaDevice\"")
public final class IoatDriver {
  /** The ids of every generation that is driven. A test holds it and the generations together. */
  static final String IDS =
      "(&(pci.vendor=8086)(|"
          + "(pci.device=3710)(pci.device=3711)(pci.device=3712)(pci.device=3713)(pci.device=3714)"
          + "(pci.device=3715)(pci.device=3716)(pci.device=3717)(pci.device=3718)(pci.device=3719)"
          + "(pci.device=3c20)(pci.device=3c21)(pci.device=3c22)(pci.device=3c23)(pci.device=3c24)"
          + "(pci.device=3c25)(pci.device=3c26)(pci.device=3c27)(pci.device=3c2e)(pci.device=3c2f)"
          + "(pci.device=0e20)(pci.device=0e21)(pci.device=0e22)(pci.device=0e23)(pci.device=0e24)"
          + "(pci.device=0e25)(pci.device=0e26)(pci.device=0e27)(pci.device=0e2e)(pci.device=0e2f)"
          + "(pci.device=2f20)(pci.device=2f21)(pci.device=2f22)(pci.device=2f23)(pci.device=2f24)"
          + "(pci.device=2f25)(pci.device=2f26)(pci.device=2f27)(pci.device=2f2e)(pci.device=2f2f)"
          + "(pci.device=6f20)(pci.device=6f21)(pci.device=6f22)(pci.device=6f23)(pci.device=6f24)"
          + "(pci.device=6f25)(pci.device=6f26)(pci.device=6f27)(pci.device=6f2e)(pci.device=6f2f)"
          + "(pci.device=2021)"
          + "(pci.device=0c50)(pci.device=0c51)(pci.device=0c52)(pci.device=0c53)"
          + "(pci.device=6f50)(pci.device=6f51)(pci.device=6f52)(pci.device=6f53)"
          + "(pci.device=0b00)))";

  private static final Logger LOG = LoggerFactory.getLogger(IoatDriver.class);

  private final BundleContext context;
  private final IoatReport report;
  private final IoatSettings settings;
  private final String interrupts;
  private final Map<PciFunction, Driven> driven = new ConcurrentHashMap<>();

  /** A device and its service. */
  private record Driven(IoatDevice device, ServiceRegistration<DmaDevice> service) {}

  /**
   * Called by DS.
   *
   * @param context of this bundle
   * @param report what is told what became of each function
   * @param config how devices are driven
   * @throws IllegalArgumentException if a value is not allowed, naming it
   */
  @Activate
  public IoatDriver(BundleContext context, @Reference IoatReport report, IoatConfig config) {
    this.context = context;
    this.report = report;
    interrupts = IoatSettings.interrupts(config.interrupts());
    settings =
        new IoatSettings(
            config.depth(),
            config.batch(),
            !interrupts.equals(IoatSettings.OFF),
            config.interrupt_delay());
  }

  @Reference(
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY,
      target = IDS)
  void addFunction(PciFunction function) {
    final String address = function.identity().address();
    final String name = name(address);
    try {
      final IoatDevice device =
          IoatDevice.open(name, function, settings.on(function, interrupts), IoatClock.SYSTEM);
      final Hashtable<String, Object> properties =
          new Hashtable<>(function.identity().serviceProperties(function.emulated()));
      properties.put(DmaConstants.DEVICE, name);
      report.put(address, new Finding(name, true, device.description(), ""));
      driven.put(
          function,
          new Driven(device, context.registerService(DmaDevice.class, device, properties)));
    } catch (IoatUnusableException e) {
      LOG.warn("I/OAT function not usable: function={}, {}", function.identity(), e.getMessage());
      report.put(address, new Finding(address, false, e.reason(), e.remedy()));
    }
  }

  /** The engine has let go of its device, and it of all memory, when this returns. */
  void removeFunction(PciFunction function) {
    report.remove(function.identity().address());
    final Driven left = driven.remove(function);
    if (left == null) {
      return;
    }
    try {
      left.service.unregister();
    } catch (IllegalStateException e) {
      // the bundle stops: the framework was faster
      LOG.debug("service was unregistered by the framework", e);
    }
    left.device.close();
  }

  /** Stable as long as the function stays in its slot. */
  static String name(String address) {
    return "ioat-"
        + (address.startsWith("0000:") ? address.substring(5) : address).replace(':', '-');
  }
}
