package io.asynctx.tester;

import io.asynctx.dmaengine.DmaConstants;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Collections;
import java.util.Dictionary;
import java.util.Enumeration;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
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
  private static final String MANIFEST = "META-INF/MANIFEST.MF";

  private final Bundle bundle;
  private final ConfigurationAdmin admin;
  private final Version original;
  private final Map<String, byte[]> entries;
  private @Nullable Configuration added;

  /** Keeps a copy of the bundle's content, to be able to put it back. */
  OsgiHotPlug(Bundle bundle, ConfigurationAdmin admin) throws IOException {
    this.bundle = bundle;
    this.admin = admin;
    this.original = bundle.getVersion();
    this.entries = read(bundle);
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

  private static Map<String, byte[]> read(Bundle bundle) throws IOException {
    final Map<String, byte[]> entries = new LinkedHashMap<>();
    collect(bundle, "/", entries);
    if (!entries.containsKey(MANIFEST)) {
      throw new IOException(
          "bundle shows no manifest: bundle=" + bundle.getSymbolicName() + ", entry=" + MANIFEST);
    }
    return entries;
  }

  private static void collect(Bundle bundle, String folder, Map<String, byte[]> entries)
      throws IOException {
    final Enumeration<String> paths = bundle.getEntryPaths(folder);
    if (paths == null) {
      return;
    }
    for (String path : Collections.list(paths)) {
      final URL url = path.endsWith("/") ? null : bundle.getEntry(path);
      if (url == null) {
        collect(bundle, path, entries);
      } else {
        try (InputStream in = url.openStream()) {
          entries.put(path, in.readAllBytes());
        }
      }
    }
  }

  /** A jar of the same entries whose manifest has this version. */
  static byte[] jar(Map<String, byte[]> entries, Version version) throws IOException {
    final Manifest manifest = new Manifest(new ByteArrayInputStream(entries.get(MANIFEST)));
    final Attributes main = manifest.getMainAttributes();
    main.putValue(Constants.BUNDLE_VERSION, version.toString());
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarOutputStream jar = new JarOutputStream(bytes, manifest)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        if (!entry.getKey().equals(MANIFEST)) {
          jar.putNextEntry(new ZipEntry(entry.getKey()));
          jar.write(entry.getValue());
          jar.closeEntry();
        }
      }
    }
    return bytes.toByteArray();
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
    bundle.update(new ByteArrayInputStream(jar(entries, version)));
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
