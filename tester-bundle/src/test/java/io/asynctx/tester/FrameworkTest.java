package io.asynctx.tester;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.AsyncTx;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaEngine;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.memory.DmaBuffers;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.apache.felix.framework.FrameworkFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.Version;
import org.osgi.framework.launch.Framework;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/** The demo on a real framework, with a real bundle that is really updated. */
@Timeout(60)
class FrameworkTest {

  private static final byte[] CONTENT = "a class file, say".getBytes(StandardCharsets.UTF_8);

  private final FakeEngine engine = new FakeEngine();
  private final Captured out = new Captured();
  private final Captured err = new Captured();
  private final List<ServiceRegistration<?>> services = new ArrayList<>();
  private final List<String> configured = Collections.synchronizedList(new ArrayList<>());

  @TempDir private Path folder;

  private Framework framework;
  private Bundle driver;

  @BeforeEach
  void start() throws Exception {
    framework =
        new FrameworkFactory()
            .newFramework(
                Map.of(
                    "org.osgi.framework.storage",
                    folder.resolve("cache").toString(),
                    "felix.log.level",
                    "1"));
    framework.start();
    driver =
        framework
            .getBundleContext()
            .installBundle("file:driver.jar", new ByteArrayInputStream(driverJar()));
    driver.start();
  }

  @AfterEach
  void stop() throws Exception {
    engine.close();
    framework.stop();
    framework.waitForStop(10_000);
    assertEquals(List.of(), engine.breaches);
  }

  private static byte[] driverJar() throws IOException {
    final Manifest manifest = new Manifest();
    final Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.putValue("Bundle-ManifestVersion", "2");
    main.putValue("Bundle-SymbolicName", FakeEngine.DRIVER);
    main.putValue("Bundle-Version", "1.0.0.SNAPSHOT");
    main.putValue("X-Kept", "yes");
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarOutputStream jar = new JarOutputStream(bytes, manifest)) {
      jar.putNextEntry(new ZipEntry("io/"));
      jar.closeEntry();
      jar.putNextEntry(new ZipEntry("io/asynctx/driver/soft/SoftDevice.class"));
      jar.write(CONTENT);
      jar.closeEntry();
      jar.putNextEntry(new ZipEntry("OSGI-INF/soft.xml"));
      jar.write(CONTENT);
      jar.closeEntry();
    }
    return bytes.toByteArray();
  }

  private ConfigurationAdmin admin() {
    final Configuration configuration =
        fake(
            Configuration.class,
            (method, arguments) -> {
              configured.add(method + (arguments == null ? "" : arguments[0].toString()));
              synchronized (engine) {
                if (method.equals("delete")) {
                  engine.devices.remove("softdemo");
                } else {
                  engine.devices.add("softdemo");
                }
              }
              return null;
            });
    return fake(
        ConfigurationAdmin.class,
        (method, arguments) -> {
          configured.add(method + List.of(arguments));
          return configuration;
        });
  }

  private interface Answer {
    Object to(String method, Object[] arguments);
  }

  private static <T> T fake(Class<T> type, Answer answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> answer.to(method.getName(), arguments)));
  }

  private int demo(String... arguments) throws Exception {
    return new DemoCommand(framework.getBundleContext(), admin())
        .run(List.of(arguments), out.stream(), err.stream(), false);
  }

  private void engineStops() {
    services.forEach(ServiceRegistration::unregister);
    services.clear();
  }

  private void engineStarts(String name) {
    engine.version = driver.getVersion().toString();
    final Dictionary<String, Object> properties = new Hashtable<>();
    properties.put(DmaConstants.ENGINE, name);
    for (Class<?> type :
        List.of(AsyncTx.class, DmaEngine.class, DmaBuffers.class, DmaInspector.class)) {
      services.add(
          framework.getBundleContext().registerService(type.getName(), engine, properties));
    }
    // The framework stops a bundle before it updates it: then the engine loses the driver.
    framework
        .getBundleContext()
        .addBundleListener(
            (SynchronousBundleListener)
                event -> {
                  if (event.getBundle() == driver && event.getType() == BundleEvent.STOPPED) {
                    engine.leave();
                  }
                  if (event.getBundle() == driver && event.getType() == BundleEvent.STARTED) {
                    engine.come(driver.getVersion().toString());
                  }
                });
  }

  @Test
  void theDriverIsUpdatedUnderLoadAndPutBack() throws Exception {
    engineStarts("default");
    engine.operationNanos = 200_000;
    final Path input = Files.write(folder.resolve("input"), new byte[3_000_000]);
    assertEquals(0, demo(input.toString()), err::toString);
    assertTrue(err.toString().contains("driver update: found "), err::toString);
    assertEquals(Version.parseVersion("1.0.0.SNAPSHOT"), driver.getVersion());
    assertEquals(Bundle.ACTIVE, driver.getState());
    assertTrue(out.toString().contains("1.0.1.SNAPSHOT"), out::toString);
    assertEquals(
        List.of(
            "getFactoryConfiguration[io.asynctx.driver.soft, demo, ?]",
            "update{dma.device=softdemo}",
            "delete"),
        configured);
    assertEquals(0, demo(input.toString()), err::toString);
    assertEquals(Version.parseVersion("1.0.0.SNAPSHOT"), driver.getVersion());
  }

  @Test
  void theJarKeepsEveryEntryAndHeaderButTheVersion() throws Exception {
    final OsgiHotPlug hotPlug = new OsgiHotPlug(driver, admin());
    hotPlug.update(Version.parseVersion("9.8.7"));
    assertEquals(Version.parseVersion("9.8.7"), driver.getVersion());
    assertEquals("yes", driver.getHeaders().get("X-Kept"));
    for (String entry : List.of("OSGI-INF/soft.xml", "io/asynctx/driver/soft/SoftDevice.class")) {
      final URL url = driver.getEntry(entry);
      assertArrayEquals(CONTENT, url.openStream().readAllBytes(), entry);
    }
    hotPlug.undo();
    hotPlug.undo();
    assertEquals(Version.parseVersion("1.0.0.SNAPSHOT"), driver.getVersion());
    assertEquals(Bundle.ACTIVE, driver.getState());
  }

  @Test
  void aDriverThatIsNotThereIsNamed() {
    final IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> OsgiHotPlug.of(framework.getBundleContext(), admin(), "io.asynctx.none"));
    assertTrue(e.getMessage().contains("symbolicName=io.asynctx.none"), e.getMessage());
  }

  @Test
  void anotherEngineIsNotTaken() throws Exception {
    engineStarts("other");
    final IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> Engine.open(framework.getBundleContext(), "default", Duration.ofMillis(20)));
    assertTrue(
        e.getMessage().contains("engine stopped: engine=default, missing=AsyncTx"), e.getMessage());
    assertTrue(e.getMessage().contains("io.asynctx.engine~default"), e.getMessage());
  }

  @Test
  void theChannelTestFindsItsEngineByName() throws Exception {
    engineStarts("other");
    final int code =
        new ChannelTestCommand(framework.getBundleContext())
            .run(
                List.of("--engine", "other", "--iterations", "1"),
                out.stream(),
                err.stream(),
                false);
    assertEquals(0, code, err::toString);
  }

  private int channelTest(String... arguments) throws Exception {
    return new ChannelTestCommand(framework.getBundleContext())
        .run(List.of(arguments), out.stream(), err.stream(), false);
  }

  @Test
  void aChannelTestWithoutItsEngineSaysWhatToStart() throws Exception {
    engineStarts("default");
    engineStops();
    final IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () ->
                Engine.open(framework.getBundleContext(), "default", Duration.ofMillis(20), false));
    assertTrue(
        e.getMessage().contains("engine stopped: engine=default, missing=DmaEngine"),
        e.getMessage());
  }

  @Test
  void bothCommandsUseTheEngineThatCameBack() throws Exception {
    final Path input = Files.write(folder.resolve("input"), new byte[100_000]);
    engineStarts("default");
    assertEquals(0, channelTest("--iterations", "1"), err::toString);
    engineStops();
    engineStarts("default");
    assertEquals(0, channelTest("--iterations", "1"), err::toString);
    assertEquals(0, demo(input.toString()), err::toString);
  }

  @Test
  void aFileThatVanishesIsNamedAndLeavesNoHalfResult() throws Exception {
    engineStarts("default");
    final Path input = Files.write(folder.resolve("input"), new byte[100_000]);
    final Path kept = Files.createDirectory(folder.resolve("kept"));
    final AtomicInteger ended = new AtomicInteger();
    engine.results =
        result -> {
          if (ended.incrementAndGet() == 3) {
            assertTrue(input.toFile().delete());
          }
          return result;
        };
    assertEquals(1, demo(input.toString(), "--out", kept.toString()));
    assertTrue(
        err.toString().contains("asynctx demo: file vanished: file=" + input), err::toString);
    assertEquals(0, kept.toFile().list().length);
  }

  @Test
  void aFullDiskIsAFailureOfOneLineWithoutAHalfResult() throws Exception {
    final Path full = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.exists(full), "no /dev/full here");
    engineStarts("default");
    final Path input = Files.write(folder.resolve("input"), new byte[100_000]);
    final Path kept = Files.createDirectory(folder.resolve("kept"));
    Files.createSymbolicLink(kept.resolve("recovered.bin.part"), full);
    assertEquals(1, demo(input.toString(), "--out", kept.toString()));
    final List<String> last =
        err.toString().lines().filter(l -> l.startsWith("asynctx demo: ")).toList();
    assertEquals(1, last.size(), err::toString);
    assertTrue(last.getFirst().contains("recovered.bin"), last::getFirst);
    assertTrue(last.getFirst().contains("--out"), last::getFirst);
    assertEquals(0, kept.toFile().list().length);
  }
}
