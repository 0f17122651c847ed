package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.driver.DriverReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this machine has of I/OAT: what became of each function a bus gave, and what sysfs shows of
 * those it did not. Immediate, so that the log tells even if nobody asks.
 *
 * <p>Threading: any thread reads; DS replaces what sysfs shows whole; functions come and go on any
 * thread.
 */
@Component(
    service = {DriverReport.class, IoatReport.class},
    immediate = true,
    configurationPid = IoatReport.PID)
@Designate(ocd = IoatConfig.class)
public final class IoatReport implements DriverReport {
  static final String PID = "io.asynctx.driver.ioat";

  private static final Logger LOG = LoggerFactory.getLogger(IoatReport.class);

  private volatile List<Finding> seen;
  private final Map<String, Finding> functions = new ConcurrentSkipListMap<>();

  /**
   * Called by DS. Looks at sysfs.
   *
   * @param config where to look
   */
  @Activate
  public IoatReport(IoatConfig config) {
    seen = discover(config);
  }

  @Modified
  void modified(IoatConfig config) {
    seen = discover(config);
  }

  private static List<Finding> discover(IoatConfig config) {
    final List<Finding> found = IoatDiscovery.run(config.sysfs_root(), config.dev_root());
    for (Finding finding : found) {
      LOG.info("{}: {}; {}", finding.device(), finding.detail(), finding.remedy());
    }
    return found;
  }

  /** Takes over what became of the function at an address. */
  void put(String address, Finding finding) {
    functions.put(address, finding);
  }

  /** Forgets a function that left the bus. */
  void remove(String address) {
    functions.remove(address);
  }

  @Override
  public String driver() {
    return "ioat";
  }

  @Override
  public List<Finding> findings() {
    final List<Finding> all = new ArrayList<>(functions.values());
    for (Finding finding : seen) {
      final boolean none = finding.device().equals(IoatDiscovery.NONE);
      if (!functions.containsKey(finding.device()) && !(none && !all.isEmpty())) {
        all.add(finding);
      }
    }
    return List.copyOf(all);
  }
}
