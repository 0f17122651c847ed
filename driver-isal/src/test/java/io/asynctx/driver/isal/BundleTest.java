package io.asynctx.driver.isal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;

/** What the bundle says of itself. */
class BundleTest {

  private static String resource(String path) throws IOException {
    try (InputStream in = IsalDriver.class.getResourceAsStream(path)) {
      assertNotNull(in, path);
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void deviceNeedsAConfigurationAndRanksAboveTheSoftOne() throws IOException {
    final String component = resource("/OSGI-INF/io.asynctx.driver.isal.IsalDriver.xml");
    for (String part :
        List.of(
            "configuration-policy=\"require\"",
            "configuration-pid=\"io.asynctx.driver.isal\"",
            "name=\"service.ranking\" type=\"Integer\" value=\"-900\"")) {
      assertTrue(component.contains(part), component);
    }
    final String metatype =
        resource("/OSGI-INF/metatype/io.asynctx.driver.isal.IsalDriver$Config.xml");
    for (String id : List.of("dma.device", "library", "channels", "kernels")) {
      assertTrue(metatype.contains("id=\"" + id + '"'), metatype);
    }
  }

  @Test
  void bundleHasItsOwnCopyOfTheChannelsAndExportsNothing() throws IOException, URISyntaxException {
    final Path classes =
        Path.of(IsalDriver.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (InputStream in = Files.newInputStream(classes.resolve("META-INF/MANIFEST.MF"))) {
      final var main = new Manifest(in).getMainAttributes();
      assertEquals("io.asynctx.driver.isal", main.getValue("Bundle-SymbolicName"));
      assertEquals(null, main.getValue("Export-Package"));
      assertTrue(
          Arrays.asList(main.getValue("Private-Package").split(",")).contains("io.asynctx.cpu"));
      assertFalse(main.getValue("Import-Package").contains("io.asynctx.cpu"));
    }
  }
}
