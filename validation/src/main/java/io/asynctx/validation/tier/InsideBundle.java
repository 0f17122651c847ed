package io.asynctx.validation.tier;

import io.asynctx.debian.UnavailableException;
import io.asynctx.validation.inside.InsideActivator;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * Puts the classes of one package together as a bundle for the guest.
 *
 * <p>Threading: one thread.
 */
final class InsideBundle {

  static final String FILE = "io.asynctx.validation.inside.jar";

  private static final String IMPORTS =
      "io.asynctx.async,io.asynctx.dmaengine,io.asynctx.dmaengine.admin,io.asynctx.dmaengine.bus,"
          + "io.asynctx.dmaengine.driver,io.asynctx.driver.tck,io.asynctx.memory,"
          + "org.osgi.framework,org.osgi.util.tracker";

  private InsideBundle() {}

  /**
   * Writes it.
   *
   * @param folder where to
   * @return the file
   * @throws UnavailableException if it cannot be written
   */
  static Path write(Path folder) throws UnavailableException {
    final Manifest manifest = new Manifest();
    final Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.putValue("Bundle-ManifestVersion", "2");
    main.putValue("Bundle-SymbolicName", InsideActivator.class.getPackageName());
    main.putValue("Bundle-Version", "1.0.0");
    main.putValue("Bundle-Activator", InsideActivator.class.getName());
    main.putValue("Import-Package", IMPORTS);
    final Path file = folder.resolve(FILE);
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out, manifest)) {
      for (Path type : classes()) {
        final String folderName = InsideActivator.class.getPackageName().replace('.', '/');
        jar.putNextEntry(new ZipEntry(folderName + '/' + type.getFileName()));
        Files.copy(type, jar);
        jar.closeEntry();
      }
      return file;
    } catch (IOException e) {
      throw new UnavailableException("bundle cannot be written: file=" + file + ", " + e, e);
    }
  }

  private static List<Path> classes() throws IOException {
    final Path own = Path.of(InsideActivator.class.getResource("InsideActivator.class").getPath());
    try (Stream<Path> all = Files.list(own.getParent())) {
      return all.filter(f -> f.toString().endsWith(".class")).sorted().toList();
    }
  }
}
