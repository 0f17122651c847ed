package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.driver.DriverReport;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this machine has of I/OAT. Immediate, so that the log tells even if nobody asks.
 *
 * <p>Threading: any thread reads; DS replaces the findings whole.
 */
@Component(immediate = true, configurationPid = IoatReport.PID)
@Designate(ocd = IoatReport.Config.class)
public final class IoatReport implements DriverReport {
  static final String PID = "io.asynctx.driver.ioat";

  private static final Logger LOG = LoggerFactory.getLogger(IoatReport.class);

  /** Where to look. */
  @ObjectClassDefinition(
      name = "AsyncTX I/OAT driver",
      description = "where the driver looks for devices; a change makes it look again")
  @interface Config {
    /** Where sysfs is. */
    @AttributeDefinition(name = "sysfs", description = "folder where sysfs is mounted")
    String sysfs_root() default "/sys";

    /** Where device files are. */
    @AttributeDefinition(name = "Device files", description = "folder of the device files")
    String dev_root() default "/dev";
  }

  private volatile List<Finding> findings;

  /**
   * Called by DS. Looks at the hardware.
   *
   * @param config where to look
   */
  @Activate
  public IoatReport(Config config) {
    findings = discover(config);
  }

  @Modified
  void modified(Config config) {
    findings = discover(config);
  }

  private static List<Finding> discover(Config config) {
    final List<Finding> found = IoatDiscovery.run(config.sysfs_root(), config.dev_root());
    for (Finding finding : found) {
      LOG.info("{}: {}; {}", finding.device(), finding.detail(), finding.remedy());
    }
    return found;
  }

  @Override
  public String driver() {
    return "ioat";
  }

  @Override
  public List<Finding> findings() {
    return findings;
  }
}
