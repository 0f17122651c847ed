package io.asynctx.driver.isal;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.driver.DriverReport;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * What became of each configured device, by name; or that none is configured.
 *
 * <p>Threading: any thread.
 */
@Component(service = {DriverReport.class, IsalReport.class})
public final class IsalReport implements DriverReport {
  private final Map<String, Finding> findings = new ConcurrentSkipListMap<>();

  /** Called by DS. */
  @Activate
  public IsalReport() {}

  /** Takes over what became of a device. */
  void put(Finding finding) {
    findings.put(finding.device(), finding);
  }

  /** Forgets a device whose configuration is gone. */
  void remove(String device) {
    findings.remove(device);
  }

  @Override
  public String driver() {
    return "isal";
  }

  @Override
  public List<Finding> findings() {
    final List<Finding> now = List.copyOf(findings.values());
    return now.isEmpty()
        ? List.of(
            new Finding(
                "ISA-L",
                false,
                "no isal device: none is configured, or what was configured was refused (see the"
                    + " log)",
                "add a configuration "
                    + IsalDriver.PID
                    + "~NAME with "
                    + DmaConstants.DEVICE
                    + "=NAME"))
        : now;
  }
}
