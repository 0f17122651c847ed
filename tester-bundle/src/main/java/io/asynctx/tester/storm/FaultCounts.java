package io.asynctx.tester.storm;

import io.asynctx.dmaengine.driver.DriverReport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/**
 * How often injected faults came about, in driver-fault's own words: {@code faults=[RULE: COUNT]}.
 *
 * <p>Threading: any thread.
 */
final class FaultCounts {

  private final BundleContext context;
  private final String decorator;

  FaultCounts(BundleContext context, String decorator) {
    this.context = context;
    this.decorator = decorator;
  }

  /** How often a rule of the decorator has done what it says; 0 also if there is none yet. */
  long fired(String rule) {
    final Matcher matcher =
        Pattern.compile(Pattern.quote(rule + ": ") + "(\\d+)").matcher(detail());
    return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
  }

  /** Whether the decorator is there with this rule; with an empty one, whether without one. */
  boolean has(String rule) {
    return detail().contains("faults=[" + (rule.isEmpty() ? Driver.LATENCY : rule) + ":");
  }

  /** Whether it is there at all. */
  boolean present() {
    return !detail().isEmpty();
  }

  private String detail() {
    try {
      for (ServiceReference<DriverReport> reference :
          context.getServiceReferences(DriverReport.class, null)) {
        final DriverReport report = context.getService(reference);
        if (report != null) {
          for (DriverReport.Finding finding : report.findings()) {
            if (finding.device().equals(decorator)) {
              return finding.detail();
            }
          }
        }
      }
    } catch (InvalidSyntaxException e) {
      throw new AssertionError("there is no filter", e);
    }
    return "";
  }
}
