package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.driver.tck.EngineUnderTest;
import io.asynctx.driver.tck.Tck;
import io.asynctx.driver.tck.TckExpected;
import io.asynctx.driver.tck.TckOptions;
import io.asynctx.driver.tck.TckReport;
import io.asynctx.driver.tck.TckResult.Outcome;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.Test;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.Configuration;

/** The conformance kit in the framework, on devices as drivers register them there. */
public class ConformanceIT extends OnPlatform {

  /** No engine has this name, so that nobody takes the device away from the kit. */
  private static final String NOBODY = "tck";

  /** A kit that runs next to nothing must not look like a good driver. */
  private static final int AT_LEAST = 40;

  /** An engine of the framework's, for one contract: its name decides that the device is its. */
  private final class InFramework implements EngineUnderTest {
    private Configuration engine;
    private ServiceRegistration<?> device;
    private ServiceRegistration<?> client;

    @Override
    public DmaChannel lease(DmaDevice under) {
      final Map<String, String> mine =
          Map.of(DmaConstants.ENGINE, "kit", DmaConstants.CLIENT_NAME, "kit");
      engine = platform.engine("kit", Map.of());
      device = context.registerService(DmaDevice.class, under, new Hashtable<>(mine));
      final Holder holder = new Holder();
      client = holder.register(context, mine);
      Await.until(
          () -> "lease: " + platform.inspector("kit").clients(),
          () ->
              platform.inspector("kit").clients().stream()
                  .filter(c -> c.name().equals("kit"))
                  .anyMatch(c -> c.leases().size() == under.channels()));
      return holder.channels.getFirst();
    }

    @Override
    public void close() {
      client.unregister();
      device.unregister();
      Platform.delete(engine);
      Await.until(
          "the kit's engine goes",
          () -> Platform.references(context, DmaInspector.class, Platform.named("kit")).isEmpty());
    }
  }

  private void assertConforms(String name) {
    final DmaDevice device = platform.service(DmaDevice.class, "(dma.device=" + name + ")");
    final TckReport report =
        Tck.run(
            device,
            TckOptions.defaults().expected(TckExpected.inFramework()).engine(InFramework::new));
    assertTrue(report.complaint(), report.passed());
    assertEquals(Set.of(), report.missing());
    assertEquals(List.of(), report.with(Outcome.FAILED));
    assertTrue(report.toString(), report.with(Outcome.PASSED).size() >= AT_LEAST);
  }

  @Test
  public void softDriverConforms() throws Exception {
    platform.engine();
    platform.module(Platform.SOFT);
    platform.soft("kit0", Map.of(DmaConstants.ENGINE, NOBODY));
    assertConforms("kit0");
    assertEquals(List.of(), platform.inspector().devices());
  }
}
