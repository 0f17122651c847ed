package io.asynctx.driver.soft;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.DriverReport;
import io.asynctx.raid.Kernels;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * What the soft driver gives: its configured devices, or that none is configured.
 *
 * <p>Threading: any thread; devices come and go by copy on write.
 */
@Component
public final class SoftReport implements DriverReport {
  private final List<ServiceReference<DmaDevice>> devices = new CopyOnWriteArrayList<>();

  /** Called by DS. */
  @Activate
  public SoftReport() {}

  @Reference(
      service = DmaDevice.class,
      target = "(component.name=io.asynctx.driver.soft.SoftDriver)",
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC)
  void addDevice(ServiceReference<DmaDevice> device) {
    devices.add(device);
  }

  void removeDevice(ServiceReference<DmaDevice> device) {
    devices.remove(device);
  }

  @Override
  public String driver() {
    return "soft";
  }

  @Override
  public List<Finding> findings() {
    final List<Finding> findings = new ArrayList<>();
    for (ServiceReference<DmaDevice> device : devices) {
      findings.add(
          new Finding(
              String.valueOf(device.getProperty(DmaConstants.DEVICE)),
              true,
              "CPU channels: kernels="
                  + device.getProperty("kernels")
                  + "; fastest here is "
                  + Kernels.reason(),
              ""));
    }
    if (findings.isEmpty()) {
      findings.add(
          new Finding(
              "CPU",
              false,
              "no soft device: none is configured, or what was configured was refused (see the"
                  + " log); fastest kernels here: "
                  + Kernels.reason(),
              "add a configuration "
                  + SoftDriver.PID
                  + "~NAME with "
                  + DmaConstants.DEVICE
                  + "=NAME"));
    }
    return List.copyOf(findings);
  }
}
