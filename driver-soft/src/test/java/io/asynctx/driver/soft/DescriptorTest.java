package io.asynctx.driver.soft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class DescriptorTest {

  private static String resource(String path) throws IOException {
    try (InputStream in = SoftDevice.class.getResourceAsStream(path)) {
      assertTrue(in != null, "not in the bundle: " + path);
      // One line, so that a folded manifest header can be searched.
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).replaceAll("\r?\n ?", "");
    }
  }

  private static String manifest() throws Exception {
    final URI bundle = SoftDevice.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    final Path file = Path.of(bundle).resolve("META-INF/MANIFEST.MF");
    return Files.readString(file).replaceAll("\r?\n ", "");
  }

  private static void assertHas(String text, String... parts) {
    for (String part : parts) {
      assertTrue(text.contains(part), "missing: " + part + " in: " + text);
    }
  }

  @Test
  void deviceComponentNeedsAConfigurationAndRanksLast() throws IOException {
    assertHas(
        resource("/OSGI-INF/io.asynctx.driver.soft.SoftDriver.xml"),
        "configuration-policy=\"require\"",
        "configuration-pid=\"io.asynctx.driver.soft\"",
        "immediate=\"true\"",
        "name=\"service.ranking\" type=\"Integer\" value=\"-1000\"",
        "name=\"dma.emulated\" type=\"Boolean\" value=\"false\"",
        "name=\"pollBudgetBytes\" type=\"Long\" value=\"1048576\"",
        "init=\"3\"");
  }

  @Test
  void metatypeKnowsTheFactoryAndEveryAttribute() throws IOException {
    assertHas(
        resource("/OSGI-INF/metatype/io.asynctx.driver.soft.SoftDriver$Config.xml"),
        "factoryPid=\"io.asynctx.driver.soft\"",
        "id=\"dma.device\"",
        "id=\"channels\"",
        "id=\"depth\"",
        "id=\"batchThreshold\"",
        "id=\"pollBudgetBytes\"",
        "id=\"kernels\"");
  }

  @Test
  void bundleExportsNothingAndOfOursImportsTheApiAndTheKernelsOnly() throws Exception {
    final String manifest = manifest();
    assertFalse(manifest.contains("Export-Package"), manifest);
    assertHas(
        manifest,
        "Bundle-SymbolicName: io.asynctx.driver.soft",
        "objectClass:List<String>=\"io.asynctx.dmaengine.driver.DmaDevice\"",
        "Service-Component: OSGI-INF/io.asynctx.driver.soft.SoftDriver.xml");
    assertFalse(manifest.contains("jspecify"), manifest);
    assertEquals(
        Set.of("io.asynctx.dmaengine", "io.asynctx.dmaengine.driver", "io.asynctx.raid"),
        Pattern.compile("(io\\.asynctx[a-z.]*);version=")
            .matcher(manifest)
            .results()
            .map(m -> m.group(1))
            .collect(Collectors.toSet()));
  }
}
