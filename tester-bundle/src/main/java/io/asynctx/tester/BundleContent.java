package io.asynctx.tester;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.osgi.framework.Bundle;

/** What an installed bundle consists of, to make others like it. Immutable. */
public final class BundleContent {

  private static final String MANIFEST = "META-INF/MANIFEST.MF";

  private final Map<String, byte[]> entries;

  private BundleContent(Map<String, byte[]> entries) {
    this.entries = entries;
  }

  /**
   * Reads a bundle.
   *
   * @param bundle installed
   * @return its content
   * @throws IOException if it cannot be read, or shows no manifest
   */
  public static BundleContent of(Bundle bundle) throws IOException {
    final Map<String, byte[]> entries = new LinkedHashMap<>();
    collect(bundle, "/", entries);
    if (!entries.containsKey(MANIFEST)) {
      throw new IOException(
          "bundle shows no manifest: bundle=" + bundle.getSymbolicName() + ", entry=" + MANIFEST);
    }
    return new BundleContent(entries);
  }

  /**
   * A bundle without any code.
   *
   * @param headers of its manifest
   * @return its content
   */
  public static BundleContent empty(Map<String, String> headers) {
    BundleContent content =
        new BundleContent(
            Map.of(MANIFEST, "Manifest-Version: 1.0\r\n\r\n".getBytes(StandardCharsets.UTF_8)));
    for (Map.Entry<String, String> header : headers.entrySet()) {
      content = content.withHeader(header.getKey(), header.getValue());
    }
    return content;
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

  private Manifest manifest() {
    try {
      return new Manifest(new ByteArrayInputStream(entries.get(MANIFEST)));
    } catch (IOException e) {
      throw new IllegalStateException("manifest does not parse: entry=" + MANIFEST, e);
    }
  }

  private BundleContent with(String entry, byte[] bytes) {
    final Map<String, byte[]> changed = new LinkedHashMap<>(entries);
    changed.put(entry, bytes);
    return new BundleContent(changed);
  }

  /**
   * The same with another header.
   *
   * @param name of the header
   * @param value of it
   * @return a changed copy
   */
  public BundleContent withHeader(String name, String value) {
    final Manifest manifest = manifest();
    manifest.getMainAttributes().putValue(name, value);
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      manifest.write(bytes);
    } catch (IOException e) {
      throw new IllegalStateException("manifest cannot be written: header=" + name, e);
    }
    return with(MANIFEST, bytes.toByteArray());
  }

  /**
   * The same with other words in the XML files of a folder.
   *
   * @param folder e.g. {@code OSGI-INF/}; those below it are left alone
   * @param from the words
   * @param to what stands there instead
   * @return a changed copy
   */
  public BundleContent withWords(String folder, String from, String to) {
    BundleContent content = this;
    for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
      final String path = entry.getKey();
      if (path.startsWith(folder)
          && path.indexOf('/', folder.length()) < 0
          && path.endsWith(".xml")) {
        final String text = new String(entry.getValue(), StandardCharsets.UTF_8);
        content = content.with(path, text.replace(from, to).getBytes(StandardCharsets.UTF_8));
      }
    }
    return content;
  }

  /**
   * A jar of it.
   *
   * @return to install or update a bundle from
   * @throws IOException if it cannot be made
   */
  public InputStream jar() throws IOException {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarOutputStream jar = new JarOutputStream(bytes, manifest())) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        if (!entry.getKey().equals(MANIFEST)) {
          jar.putNextEntry(new ZipEntry(entry.getKey()));
          jar.write(entry.getValue());
          jar.closeEntry();
        }
      }
    }
    return new ByteArrayInputStream(bytes.toByteArray());
  }
}
