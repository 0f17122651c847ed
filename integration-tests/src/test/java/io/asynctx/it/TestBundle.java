package io.asynctx.it;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.osgi.framework.Constants;

/**
 * A bundle made while the test runs: nothing but a manifest, so that the test can act in its name
 * through its context; or with a few classes of the test's, loaded by a loader of the bundle's own.
 */
final class TestBundle {

  private static final String IMPORTS =
      "org.osgi.framework,io.asynctx.async,io.asynctx.dmaengine,io.asynctx.dmaengine.admin,"
          + "io.asynctx.dmaengine.driver,io.asynctx.dmaengine.dto,io.asynctx.memory";

  private final Manifest manifest = new Manifest();
  private final Map<String, byte[]> files = new LinkedHashMap<>();

  private TestBundle(String symbolicName) {
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    header(Constants.BUNDLE_MANIFESTVERSION, "2");
    header(Constants.BUNDLE_SYMBOLICNAME, symbolicName);
    header(Constants.BUNDLE_VERSION, "1.0.0");
    header(Constants.IMPORT_PACKAGE, IMPORTS);
  }

  static TestBundle named(String symbolicName) {
    return new TestBundle(symbolicName);
  }

  TestBundle header(String name, String value) {
    manifest.getMainAttributes().putValue(name, value);
    return this;
  }

  TestBundle alsoImports(String packages) {
    return header(Constants.IMPORT_PACKAGE, IMPORTS + ',' + packages);
  }

  TestBundle activator(Class<?> type) {
    return header(Constants.BUNDLE_ACTIVATOR, type.getName()).with(type);
  }

  /** Adds a class, with those nested in it. */
  TestBundle with(Class<?> type) {
    final String name = type.getName().replace('.', '/') + ".class";
    try (InputStream in = type.getResourceAsStream('/' + name)) {
      files.put(name, in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (Class<?> nested : type.getDeclaredClasses()) {
      with(nested);
    }
    return this;
  }

  /**
   * Adds a component of declarative services.
   *
   * @param body what stands inside the component element
   */
  TestBundle component(Class<?> type, String attributes, String body) {
    final String file = "OSGI-INF/" + type.getSimpleName() + ".xml";
    final String xml =
        "<scr:component xmlns:scr='http://www.osgi.org/xmlns/scr/v1.4.0' name='"
            + type.getName()
            + "' "
            + attributes
            + "><implementation class='"
            + type.getName()
            + "'/>"
            + body
            + "</scr:component>";
    files.put(file, xml.getBytes(StandardCharsets.UTF_8));
    return header("Service-Component", file).with(type);
  }

  InputStream jar() {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarOutputStream jar = new JarOutputStream(bytes, manifest)) {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        jar.putNextEntry(new JarEntry(file.getKey()));
        jar.write(file.getValue());
        jar.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new ByteArrayInputStream(bytes.toByteArray());
  }

  /** The same bundle, calling itself another version. */
  static InputStream withVersion(Path bundle, String version) {
    return with(bundle, Constants.BUNDLE_VERSION, version);
  }

  /** The same bundle, with one header changed. */
  static InputStream with(Path bundle, String header, String value) {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarInputStream in = new JarInputStream(Files.newInputStream(bundle))) {
      final Manifest manifest = new Manifest(in.getManifest());
      manifest.getMainAttributes().putValue(header, value);
      try (JarOutputStream out = new JarOutputStream(bytes, manifest)) {
        for (JarEntry entry = in.getNextJarEntry(); entry != null; entry = in.getNextJarEntry()) {
          out.putNextEntry(new JarEntry(entry.getName()));
          in.transferTo(out);
          out.closeEntry();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new ByteArrayInputStream(bytes.toByteArray());
  }
}
