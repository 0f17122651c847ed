package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.JarInputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.Test;

/** Imports go one way: to the API. The manifest is the truth. No framework is needed to read it. */
public class ManifestIT {

  private static final String API = "io.asynctx.api";
  private static final String ENGINE = "io.asynctx.dmaengine";
  private static final String DRIVER = "io.asynctx.driver.";
  private static final String SOFT = "io.asynctx.driver.soft";
  private static final String ISAL = "io.asynctx.driver.isal";
  private static final String KIT = "io.asynctx.driver.tck";
  private static final String KERNELS = "io.asynctx.raid";
  private static final String VECTOR = "jdk.incubator.vector";

  /** A package of a header's clause, and the parameters after it. */
  private static final Pattern CLAUSE =
      Pattern.compile("\\s*([\\w.]+)((?:\\s*;[^\",;]*(?:\"[^\"]*\")?)*)\\s*(?:,|$)");

  private static Map<String, Attributes> ours() throws IOException {
    final Map<String, Attributes> manifests = new TreeMap<>();
    try (Stream<Path> files = Files.list(PlatformOptions.file("api-bundle").getParent())) {
      for (Path file : files.toList()) {
        try (JarFile jar = new JarFile(file.toFile())) {
          final Attributes main = jar.getManifest().getMainAttributes();
          if (main.getValue("Bundle-SymbolicName") != null) {
            manifests.put(symbolicName(main), main);
          }
        }
      }
    }
    return manifests;
  }

  private static String symbolicName(Attributes manifest) {
    return manifest.getValue("Bundle-SymbolicName").replaceFirst(";.*", "");
  }

  private static Set<String> packages(Attributes manifest, String header) {
    final Set<String> packages = new TreeSet<>();
    final String text = manifest.getValue(header);
    if (text == null) {
      return packages;
    }
    final Matcher clause = CLAUSE.matcher(text);
    int at = 0;
    while (at < text.length() && clause.find(at) && clause.start() == at) {
      packages.add(clause.group(1));
      at = clause.end();
    }
    assertEquals("header does not parse: " + header + ": " + text, text.length(), at);
    return packages;
  }

  /** What a bundle's manifest says against the design; empty if nothing. */
  private static List<String> violations(Attributes manifest, Set<String> api) {
    final String name = symbolicName(manifest);
    final List<String> found = new ArrayList<>();
    final Set<String> imports = packages(manifest, "Import-Package");
    final Set<String> forbidden = new TreeSet<>(imports);
    forbidden.removeIf(p -> !p.startsWith("io.asynctx."));
    forbidden.removeAll(api);
    forbidden.removeAll(packages(manifest, "Export-Package"));
    if (List.of(ENGINE, SOFT, ISAL).contains(name)) {
      forbidden.remove(KERNELS);
    }
    if (!forbidden.isEmpty()) {
      found.add("forbidden imports: bundle=" + name + ", packages=" + forbidden);
    }
    if (imports.contains(VECTOR) && !name.equals(KERNELS)) {
      found.add("only the kernels may import the Vector API: bundle=" + name);
    }
    final boolean closed = name.equals(ENGINE) || name.startsWith(DRIVER) && !name.equals(KIT);
    if (closed && !packages(manifest, "Export-Package").isEmpty()) {
      found.add(
          "engine and drivers export nothing: bundle="
              + name
              + ", packages="
              + packages(manifest, "Export-Package"));
    }
    for (String header : List.of("DynamicImport-Package", "Require-Bundle", "Fragment-Host")) {
      if (manifest.getValue(header) != null) {
        found.add("a way around imports: bundle=" + name + ", header=" + header);
      }
    }
    return found;
  }

  private static Set<String> api() throws IOException {
    return packages(ours().get(API), "Export-Package");
  }

  private static List<String> planted(TestBundle bundle) throws IOException {
    try (JarInputStream jar = new JarInputStream(bundle.jar())) {
      return violations(jar.getManifest().getMainAttributes(), api());
    }
  }

  @Test
  public void everyBundleImportsOnlyWhatTheDesignAllows() throws IOException {
    final Map<String, Attributes> ours = ours();
    assertTrue(
        "bundles looked at: " + ours.keySet(),
        ours.keySet()
            .containsAll(
                List.of(
                    API,
                    ENGINE,
                    KERNELS,
                    SOFT,
                    ISAL,
                    KIT,
                    "io.asynctx.driver.dsa",
                    "io.asynctx.driver.fault",
                    "io.asynctx.driver.ioat",
                    "io.asynctx.models",
                    "io.asynctx.shell",
                    "io.asynctx.tester")));
    final List<String> found = new ArrayList<>();
    for (Attributes manifest : ours.values()) {
      found.addAll(violations(manifest, api()));
    }
    assertEquals(List.of(), found);
  }

  @Test
  public void theEngineAndTheCpuDriversImportTheKernelsAndTheKernelsTheVectorApi()
      throws IOException {
    final Map<String, Attributes> ours = ours();
    assertTrue(packages(ours.get(ENGINE), "Import-Package").contains(KERNELS));
    assertTrue(packages(ours.get(SOFT), "Import-Package").contains(KERNELS));
    assertTrue(packages(ours.get(ISAL), "Import-Package").contains(KERNELS));
    assertTrue(packages(ours.get(KERNELS), "Import-Package").contains(VECTOR));
  }

  @Test
  public void everyPackageOfTheApiHasAVersion() throws IOException {
    final Set<String> api = api();
    assertTrue(api.toString(), api.contains("io.asynctx.async"));
    final Matcher clause = CLAUSE.matcher(ours().get(API).getValue("Export-Package"));
    while (clause.find()) {
      assertTrue(clause.group(), clause.group(2).contains("version=\""));
    }
  }

  @Test
  public void plantedViolationsAreFound() throws IOException {
    assertEquals(List.of(), planted(TestBundle.named("io.asynctx.driver.good")));
    assertEquals(
        List.of(
            "forbidden imports: bundle=io.asynctx.driver.bad, packages=[io.asynctx.driver.soft,"
                + " io.asynctx.raid]"),
        planted(
            TestBundle.named("io.asynctx.driver.bad")
                .alsoImports("io.asynctx.driver.soft;version=\"[1,2)\",io.asynctx.raid")));
    assertEquals(
        List.of(
            "forbidden imports: bundle=io.asynctx.shell, packages=[io.asynctx.dmaengine.engine]"),
        planted(TestBundle.named("io.asynctx.shell").alsoImports("io.asynctx.dmaengine.engine")));
    assertEquals(
        List.of("only the kernels may import the Vector API: bundle=io.asynctx.tester"),
        planted(TestBundle.named("io.asynctx.tester").alsoImports(VECTOR)));
    assertEquals(
        List.of("engine and drivers export nothing: bundle=io.asynctx.driver.bad, packages=[a.b]"),
        planted(
            TestBundle.named("io.asynctx.driver.bad")
                .header("Export-Package", "a.b;version=\"1.0\";uses:=\"x,y\"")));
    assertEquals(
        List.of("a way around imports: bundle=io.asynctx.tester, header=DynamicImport-Package"),
        planted(TestBundle.named("io.asynctx.tester").header("DynamicImport-Package", "*")));
  }
}
