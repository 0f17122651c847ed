package io.asynctx.it;

import static org.junit.Assert.assertEquals;

import io.asynctx.it.bundle.NeedsEngineAndChannel;
import java.util.Collections;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.Before;
import org.junit.Test;
import org.osgi.framework.Bundle;
import org.osgi.service.cm.Configuration;

/** A client that is a component and nothing else: both services are references. */
public class ComponentIT extends OnPlatform {

  private final List<String> journal = new CopyOnWriteArrayList<>();

  @Before
  public void openTheJournal() {
    final Hashtable<String, Object> properties = new Hashtable<>();
    properties.put("it", "journal");
    platform.register(List.class, journal, properties);
  }

  private void install() throws Exception {
    platform.install(
        "it.component",
        TestBundle.named("it.component")
            .component(
                NeedsEngineAndChannel.class,
                "immediate='true' activate='activate' deactivate='deactivate' init='3'",
                "<reference name='engine' interface='io.asynctx.dmaengine.DmaEngine'"
                    + " parameter='0'/><reference name='channel'"
                    + " interface='io.asynctx.dmaengine.DmaChannel' parameter='1'"
                    + " target='(dma.capability=MEMCPY)'/><reference name='journal'"
                    + " interface='java.util.List' parameter='2' target='(it=journal)'/>")
            .jar());
  }

  private void awaitJournal(String... lines) {
    Await.until(
        () -> "journal=" + List.of(lines) + ", is=" + journal,
        () -> journal.equals(List.of(lines)));
  }

  @Test
  public void componentThatNeedsEngineAndChannelIsSatisfiedWithTheEngineStartedLast()
      throws Exception {
    install();
    final Bundle soft = platform.module(Platform.SOFT);
    platform.soft("soft0", Map.of("channels", 1));
    Platform.service(context, io.asynctx.dmaengine.driver.DmaDevice.class, "(dma.device=soft0)");
    assertEquals(List.of(), journal);
    platform.engine();
    awaitJournal("active: default soft0/0");
    platform.awaitHeld("it.component", "soft0/0");

    soft.stop();
    awaitJournal("active: default soft0/0", "inactive");
    soft.start();
    awaitJournal("active: default soft0/0", "inactive", "active: default soft0/0");
    soft.update(TestBundle.withVersion(PlatformOptions.file(Platform.SOFT), "9.0.1"));
    awaitJournal(
        "active: default soft0/0",
        "inactive",
        "active: default soft0/0",
        "inactive",
        "active: default soft0/0");
    platform.awaitHeld("it.component", "soft0/0");
  }

  @Test
  public void componentIsSatisfiedWhicheverCameLast() throws Exception {
    platform.module(Platform.SOFT);
    for (int order = 0; order < 3; order++) {
      journal.clear();
      final Configuration engine = order == 2 ? null : platform.engine();
      final Configuration soft = order == 1 ? null : platform.soft("soft0", Map.of("channels", 1));
      install();
      final Configuration last =
          order == 1
              ? platform.soft("soft0", Map.of("channels", 1))
              : order == 2 ? platform.engine() : null;
      Await.until(
          () -> "active, journal=" + journal,
          () -> Collections.frequency(journal, "active: default soft0/0") == 1);
      platform.find("it.component").uninstall();
      for (Configuration configuration : new Configuration[] {engine, soft, last}) {
        if (configuration != null) {
          Platform.delete(configuration);
        }
      }
      Await.until(() -> "inactive, journal=" + journal, () -> journal.contains("inactive"));
    }
  }
}
