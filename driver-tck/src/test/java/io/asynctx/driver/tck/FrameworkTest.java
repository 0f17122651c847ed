package io.asynctx.driver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.driver.DmaDevice;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/** The kit as a bundle, beside the API and nothing else: there is no JUnit in there. */
class FrameworkTest {
  private static final long STOP_MILLIS = TimeUnit.SECONDS.toMillis(10);

  @TempDir private Path storage;

  @Test
  void theKitRunsInsideTheFrameworkWithoutJUnit() throws Exception {
    final Framework framework =
        ServiceLoader.load(FrameworkFactory.class)
            .findFirst()
            .orElseThrow()
            .newFramework(
                Map.of(
                    Constants.FRAMEWORK_STORAGE,
                    storage.toString(),
                    Constants.FRAMEWORK_STORAGE_CLEAN,
                    Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT));
    framework.start();
    try {
      install(framework.getBundleContext(), DmaDevice.class).start();
      final Bundle kit = install(framework.getBundleContext(), Tck.class);
      kit.start();
      final ClassNotFoundException noJunit =
          assertThrows(
              ClassNotFoundException.class, () -> kit.loadClass("org.junit.jupiter.api.Test"));
      assertTrue(noJunit.getMessage().contains("org.junit.jupiter.api.Test"));
      run(kit);
    } finally {
      framework.stop();
      framework.waitForStop(STOP_MILLIS);
    }
  }

  /** Works on the classes in there, which are not those of this test. */
  private static void run(Bundle kit) throws Exception {
    final Object builder =
        kit.loadClass("io.asynctx.driver.tck.device.AsyncDevice")
            .getMethod("builder", String.class)
            .invoke(null, "inside");
    final Object device = builder.getClass().getMethod("build").invoke(builder);
    final Class<?> optionsType = kit.loadClass("io.asynctx.driver.tck.TckOptions");
    final Object options = optionsType.getMethod("defaults").invoke(null);
    final Object report =
        kit.loadClass("io.asynctx.driver.tck.Tck")
            .getMethod("run", device.getClass().getInterfaces()[0], optionsType)
            .invoke(null, device, options);
    assertEquals("", report.getClass().getMethod("complaint").invoke(report));
    assertEquals(true, report.getClass().getMethod("passed").invoke(report));
    ((AutoCloseable) device).close();
  }

  /** Classes folder or jar, whichever the build put on the class path. */
  private static Bundle install(BundleContext context, Class<?> ours) throws BundleException {
    final URI place =
        URI.create(ours.getProtectionDomain().getCodeSource().getLocation().toString());
    final boolean folder = Files.isDirectory(Path.of(place));
    return context.installBundle((folder ? "reference:" : "") + place);
  }
}
