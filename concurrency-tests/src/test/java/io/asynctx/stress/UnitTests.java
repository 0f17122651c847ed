package io.asynctx.stress;

import java.util.ArrayList;
import java.util.List;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs the unit tests named as arguments, {@code Class#method}, and prints one line for each:
 * {@code PASSED} or {@code FAILED} and the message.
 */
final class UnitTests {

  private static final String PACKAGE = "io.asynctx.dmaengine.engine.";

  private UnitTests() {}

  public static void main(String[] args) {
    final List<DiscoverySelector> selectors = new ArrayList<>();
    for (String name : args) {
      selectors.add(DiscoverySelectors.selectMethod(PACKAGE + name));
    }
    final LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request().selectors(selectors).build();
    LauncherFactory.create()
        .execute(
            request,
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                final Throwable why = result.getThrowable().orElse(null);
                if (test.isTest() || why != null) { // a class that cannot be loaded is no test
                  System.out.println(
                      why == null
                          ? "PASSED " + test.getLegacyReportingName()
                          : "FAILED " + test.getLegacyReportingName() + ' ' + one(why));
                }
              }
            });
    System.exit(0); // a mutant may have left threads that never end
  }

  private static String one(Throwable why) {
    return why.toString().replaceAll("\\s+", " ");
  }
}
