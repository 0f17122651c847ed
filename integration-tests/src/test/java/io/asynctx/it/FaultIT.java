package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.admin.CommandLine;
import io.asynctx.dmaengine.dto.ChannelDTO;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import org.junit.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/** A decorator that makes faults comes, changes its mind and goes, while everybody works. */
public class FaultIT extends OnPlatform {
  private static final String FAULT = "driver-fault";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Holder holder;

  private void hold(String... channels) throws Exception {
    holder = new Holder();
    holder.register(
        platform.empty("it.holder").getBundleContext(), Map.of(DmaConstants.CLIENT_NAME, "it"));
    platform.awaitHeld("it", channels);
  }

  private int inject(String... arguments) throws Exception {
    out.reset();
    err.reset();
    final CommandLine command =
        platform.service(CommandLine.class, "(" + CommandLine.NAME + "=inject)");
    try (PrintStream results = new PrintStream(out, true, StandardCharsets.UTF_8);
        PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8)) {
      return command.run(List.of(arguments), results, errors, false);
    }
  }

  private String said() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String complained() {
    return err.toString(StandardCharsets.UTF_8);
  }

  /** How often the first rule did something. */
  private long fired() throws Exception {
    assertEquals(0, inject("--list"));
    return Long.parseLong(said().lines().toList().get(1).strip().replaceFirst(".*\\s", ""));
  }

  @Test
  public void everyOperationEndsWellWhileFaultsAreInjectedAndTheInnerChannelsComeBack()
      throws Exception {
    platform.engine();
    platform.module(Platform.SOFT);
    platform.module(FAULT);
    platform.soft("soft0");
    platform.soft("soft1");
    hold("soft0/0", "soft0/1", "soft1/0", "soft1/1");
    try (Traffic traffic = new Traffic(holder).start()) {
      traffic.flows();
      assertEquals(complained(), 0, inject("soft0", "fail", "op=copy", "every=50"));
      assertTrue(said(), said().startsWith("soft0.fault: in front of soft0, seed=0"));
      platform.awaitHeld("it", "soft0.fault/0", "soft0.fault/1", "soft1/0", "soft1/1");
      for (int i = 0; fired() == 0; i++) {
        assertTrue("no fault in so many operations: " + traffic.counts(), i < 100);
        traffic.flows();
      }
      assertEquals(complained(), 0, inject("soft0", "--clear"));
      platform.awaitHeld("it", "soft0/0", "soft0/1", "soft1/0", "soft1/1");
      traffic.flows();
    }
    platform.assertQuiet();
    Platform.assertRemovalsAddUp(platform.inspector());
    assertEquals(0, inject("--list"));
    assertEquals("no fault is injected anywhere", said().strip());
  }

  @Test
  public void badInputIsRefusedWithTheWayOutAndChangesNothing() throws Exception {
    platform.engine();
    platform.module(Platform.SOFT);
    platform.module(FAULT);
    platform.soft("soft0");
    hold("soft0/0", "soft0/1");
    assertEquals(CommandLine.USAGE, inject("soft0", "explode"));
    assertTrue(complained(), complained().contains("word=\"explode\"; understood: fail, "));
    assertEquals(CommandLine.USAGE, inject("soft7", "fail"));
    assertTrue(complained(), complained().contains("device=soft7, devices=[soft0]"));
    assertEquals(CommandLine.USAGE, inject("soft0", "--clear"));
    assertTrue(complained(), complained().contains("nothing is injected by this command"));
    platform.awaitHeld("it", "soft0/0", "soft0/1");
  }

  @Test
  public void rulesAreAddedAndReplacedAndOneDecoratorIsEnough() throws Exception {
    platform.engine();
    platform.module(Platform.SOFT);
    platform.module(FAULT);
    platform.soft("soft0");
    hold("soft0/0", "soft0/1");
    assertEquals(complained(), 0, inject("soft0", "slow every=9", "--seed", "4"));
    assertEquals(complained(), 0, inject("soft0", "fail nth=1000000", "--json", "-"));
    assertTrue(said(), said().contains("\"rule\": \"slow every=9\""));
    assertTrue(said(), said().contains("\"rule\": \"fail nth=1000000\""));
    assertTrue(said(), said().contains("\"seed\": 4"));
    assertEquals(complained(), 0, inject("soft0", "--set", "stall", "nth=1000000"));
    assertTrue(said(), said().contains("stall nth=1000000") && !said().contains("slow"));
    final Hashtable<String, Object> second = new Hashtable<>();
    second.put("device.target", "(dma.device=soft0)");
    second.put("rules", "halt");
    platform.configure("io.asynctx.driver.fault", "second", second);
    Await.until(
        () -> "the second is refused: " + said(),
        () -> {
          try {
            return inject("--list") == 0 && said().contains("has a decorator already");
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    platform.awaitHeld("it", "soft0.fault/0", "soft0.fault/1");
    assertEquals(complained(), 0, inject("soft0", "--clear"));
  }

  @Test
  public void devicePulledOutByItsRuleLeavesTheWorkToOthers() throws Exception {
    platform.engine();
    platform.module(Platform.SOFT);
    platform.module(FAULT);
    platform.soft("soft0");
    platform.soft("soft1");
    hold("soft0/0", "soft0/1", "soft1/0", "soft1/1");
    try (Traffic traffic = new Traffic(holder).start()) {
      assertEquals(complained(), 0, inject("soft0", "vanish nth=40"));
      platform.awaitHeld("it", "soft0/0", "soft0/1", "soft1/0", "soft1/1");
      assertEquals(0, inject("--list"));
      assertTrue(said(), said().contains("soft0.fault: vanished of soft0"));
      traffic.flows();
      assertEquals(complained(), 0, inject("soft0", "--clear"));
    }
    platform.assertQuiet();
  }

  @Test
  public void twoCopiesOfADriverServeSideBySideEachWithAConfigurationOfItsOwn() throws Exception {
    platform.engine();
    for (String name : List.of("left", "right")) {
      final Bundle copy =
          platform.install(
              name,
              TestBundle.with(
                  PlatformOptions.file(Platform.SOFT),
                  Constants.BUNDLE_SYMBOLICNAME,
                  "it.soft." + name));
      final Configuration configuration =
          platform
              .service(ConfigurationAdmin.class, null)
              .createFactoryConfiguration(Platform.SOFT_PID, copy.getLocation());
      final Hashtable<String, Object> properties = new Hashtable<>();
      properties.put(DmaConstants.DEVICE, name);
      properties.put("channels", 1);
      configuration.update(properties);
      platform.awaitDevice(name);
    }
    hold("left/0", "right/0");
    try (Traffic traffic = new Traffic(holder).start()) {
      traffic.flows();
    }
    assertEquals(
        List.of("it.soft.left", "it.soft.right"),
        platform.inspector().channels().stream().map(ChannelDTO::driver).sorted().toList());
  }
}
