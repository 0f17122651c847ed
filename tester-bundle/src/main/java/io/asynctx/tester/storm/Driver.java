package io.asynctx.tester.storm;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.tester.BundleContent;
import java.io.IOException;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.wiring.FrameworkWiring;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/**
 * One of the storm's drivers: a copy of the software driver's bundle under a name and a
 * configuration PID of its own, with one device, which driver-fault stands in front of.
 *
 * <p>Threading: one thread at a time, but {@link #stop} may be called by any.
 */
final class Driver {

  static final String SOFT = "io.asynctx.driver.soft";
  static final String FAULT = "io.asynctx.driver.fault";

  /**
   * Some reports come late, as those of a device that works by itself would: so there is work with
   * it at any moment, whatever the CPU is busy with.
   */
  static final String LATENCY = "slow every=3 micros=3000";

  private static final int CHANNELS = 2;
  private static final long REFRESH_SECONDS = 30;

  private final BundleContext context;
  private final ConfigurationAdmin admin;
  private final BundleContent content;
  private final String device;
  private final String pid;
  private final Stage.Setup setup;
  private volatile @Nullable Bundle bundle;
  private @Nullable Configuration configuration;
  private @Nullable Configuration decorator;
  private int version;
  private int configured;

  Driver(
      BundleContext context,
      ConfigurationAdmin admin,
      BundleContent soft,
      String device,
      Stage.Setup setup) {
    this.setup = setup;
    this.context = context;
    this.admin = admin;
    this.device = device;
    this.pid = SOFT + "." + device;
    this.content =
        soft.withHeader(Constants.BUNDLE_SYMBOLICNAME, "io.asynctx.storm." + device)
            .withWords(
                "OSGI-INF/",
                "configuration-pid=\"" + SOFT + "\"",
                "configuration-pid=\"" + pid + "\"");
  }

  String device() {
    return device;
  }

  /** The bundle as it is now. */
  Bundle bundle() {
    final Bundle now = bundle;
    if (now == null) {
      throw new IllegalStateException("driver is not installed: device=" + device);
    }
    return now;
  }

  void install() throws BundleException, IOException {
    final Bundle installed = context.installBundle("asynctx-storm:" + device, content.jar());
    bundle = installed;
    installed.start(Bundle.START_TRANSIENT);
    if (configuration == null) {
      configuration = admin.createFactoryConfiguration(pid, "?");
      configure();
    }
  }

  void configure() throws IOException {
    final Configuration now = configuration;
    if (now != null) {
      final Dictionary<String, Object> properties = new Hashtable<>();
      properties.put(DmaConstants.DEVICE, device);
      properties.put("channels", CHANNELS);
      if (setup == Stage.Setup.FAST) {
        properties.put("pollBudgetBytes", (1L << 20) + configured++ % 2);
      } else {
        properties.put("kernels", "scalar"); // so that there is work to be found
        properties.put("pollBudgetBytes", (1L << 15) + configured++ % 2);
      }
      now.update(properties);
    }
  }

  /** Puts a decorator in front of the device, with a rule from now on; none if it is empty. */
  void decorate(long seed, String rule) throws IOException {
    Configuration now = decorator;
    if (now == null) {
      now = admin.createFactoryConfiguration(FAULT, "?");
      decorator = now;
    }
    final Dictionary<String, Object> properties = new Hashtable<>();
    properties.put("device.target", "(" + DmaConstants.DEVICE + "=" + device + ")");
    properties.put("rules", rule.isEmpty() ? new String[] {LATENCY} : new String[] {rule, LATENCY});
    properties.put("seed", seed);
    now.update(properties);
  }

  /** Name of the device that stands in front of it, if any does. */
  String decorator() {
    return device + ".fault";
  }

  boolean decorated() {
    return decorator != null;
  }

  /** Takes the decorator away. */
  void undecorate() throws IOException {
    final Configuration now = decorator;
    if (now != null) {
      decorator = null;
      now.delete();
    }
  }

  void stop() throws BundleException {
    bundle().stop(Bundle.STOP_TRANSIENT);
  }

  void start() throws BundleException {
    bundle().start(Bundle.START_TRANSIENT);
  }

  void update() throws BundleException, IOException {
    final Bundle now = bundle();
    now.update(content.withHeader(Constants.BUNDLE_VERSION, "1.0." + ++version).jar());
    now.start(Bundle.START_TRANSIENT); // a transient start does not outlive the update
  }

  void refresh() throws InterruptedException, BundleException {
    final CountDownLatch refreshed = new CountDownLatch(1);
    context
        .getBundle(Constants.SYSTEM_BUNDLE_LOCATION)
        .adapt(FrameworkWiring.class)
        .refreshBundles(List.of(bundle()), event -> refreshed.countDown());
    if (!refreshed.await(REFRESH_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(
          "refresh does not end: bundle=" + bundle() + ", waitedSeconds=" + REFRESH_SECONDS);
    }
    start();
  }

  void uninstall() throws BundleException {
    final Bundle now = bundle;
    bundle = null;
    if (now != null && now.getState() != Bundle.UNINSTALLED) {
      now.uninstall();
    }
  }

  /** Takes away everything that it added to the platform. */
  void remove() throws BundleException, IOException {
    try {
      undecorate();
      final Configuration now = configuration;
      configuration = null;
      if (now != null) {
        now.delete();
      }
    } finally {
      uninstall();
    }
  }
}
