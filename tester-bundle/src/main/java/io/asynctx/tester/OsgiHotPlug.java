package io.asynctx.tester;

import io.asynctx.dmaengine.DmaConstants;
import java.io.IOException;
import java.util.Dictionary;
import java.util.Hashtable;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/** {@link HotPlug} on a running framework: {@code Bundle.update} and Configuration Admin. */
final class OsgiHotPlug implements HotPlug {

  private static final String FACTORY_PID = "io.asynctx.driver.soft";
  private static final String CONFIGURATION = "demo";
  private static final String DEVICE = "softdemo";

  private final Bundle bundle;
  private final ConfigurationAdmin admin;
  private final Version original;
  private final BundleContent content;
  private @Nullable Configuration added;

  /** Keeps a copy of the bundle's content, to be able to put it back. */
  OsgiHotPlug(Bundle bundle, ConfigurationAdmin admin) throws IOException {
    this.bundle = bundle;
    this.admin = admin;
    this.original = bundle.getVersion();
    this.content = BundleContent.of(bundle);
  }

  /**
   * Finds the driver's bundle.
   *
   * @throws IllegalStateException if it is not there
   */
  static OsgiHotPlug of(BundleContext context, ConfigurationAdmin admin, String driver)
      throws IOException {
    for (Bundle candidate : context.getBundles()) {
      if (driver.equals(candidate.getSymbolicName())) {
        return new OsgiHotPlug(candidate, admin);
      }
    }
    throw new IllegalStateException(
        "driver bundle not found: symbolicName=" + driver + "; install it, see dma:doctor");
  }

  @Override
  public String driver() {
    return bundle.getSymbolicName();
  }

  @Override
  public Version original() {
    return original;
  }

  @Override
  public void update(Version version) throws IOException, BundleException {
    bundle.update(content.withHeader(Constants.BUNDLE_VERSION, version.toString()).jar());
    if (bundle.getState() != Bundle.ACTIVE) {
      bundle.start();
    }
  }

  @Override
  public String deviceName() {
    return DEVICE;
  }

  @Override
  public void addDevice() throws IOException {
    final Dictionary<String, Object> properties = new Hashtable<>();
    properties.put(DmaConstants.DEVICE, DEVICE);
    final Configuration configuration =
        admin.getFactoryConfiguration(FACTORY_PID, CONFIGURATION, "?");
    added = configuration;
    configuration.update(properties);
  }

  @Override
  public void removeDevice() throws IOException {
    if (added != null) {
      added.delete();
      added = null;
    }
  }

  @Override
  public void undo() throws IOException, BundleException {
    try {
      removeDevice();
    } finally {
      if (!bundle.getVersion().equals(original)) {
        update(original);
      }
    }
  }
}
