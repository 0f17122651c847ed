package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.asynctx.dmaengine.bus.PciFunction;
import java.io.IOException;
import java.util.Collection;
import java.util.Hashtable;
import org.junit.Test;
import org.osgi.framework.BundleException;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.Configuration;

/** An emulated device is there by configuration alone, and says that it is emulated. */
public class EmulatedFunctionIT extends OnPlatform {
  private static final String PID = "io.asynctx.models.ioat";
  private static final String WANTED = "(&(pci.vendor=8086)(pci.device=0b00)(dma.emulated=true))";

  private Collection<ServiceReference<PciFunction>> functions(String filter) {
    try {
      return platform.context().getServiceReferences(PciFunction.class, filter);
    } catch (InvalidSyntaxException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  public void nothingIsThereBeforeItIsAskedForAndNothingStays()
      throws BundleException, IOException {
    platform.module("device-models");
    final Hashtable<String, Object> properties = new Hashtable<>();
    properties.put("profile", "raid");
    final Configuration configuration = platform.configure(PID, "ioat0", properties);
    properties.put("dma.emulated", true);
    platform.configure(PID, "ioat1", properties);
    final PciFunction asked = Platform.service(platform.context(), PciFunction.class, WANTED);
    assertEquals("ffff:00:01.0", asked.identity().address());
    assertTrue(asked.emulated());
    // The first configuration was handed out before the second, and made nothing.
    assertEquals(1, functions(null).size());

    properties.put("faults", new String[] {"bit-flip:every=7"});
    configuration.update(properties);
    final PciFunction second =
        Platform.service(platform.context(), PciFunction.class, "(pci.address=ffff:00:00.0)");
    assertEquals("ffff:00:00.0 8086:0b00", second.identity().toString());
    assertEquals(2, functions(WANTED).size());
    Platform.delete(configuration);
    Await.until(
        "the function goes with its configuration",
        () -> functions("(pci.address=ffff:00:00.0)").isEmpty());
    assertTrue(second.gone());
  }
}
