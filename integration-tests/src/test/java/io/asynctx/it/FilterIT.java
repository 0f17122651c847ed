package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaStateClient;
import io.asynctx.dmaengine.dto.ClientDTO;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.Before;
import org.junit.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceRegistration;

/** Who is offered what: by mask, by filter, by callback; and clients that do not behave. */
public class FilterIT extends OnPlatform {

  private static final String REGION = "platform.example.region";
  private static final String[] THREE = {
    "channel-filter", "declarative-filter", "io.asynctx.examples.channel.filter.client"
  };

  @Before
  public void startTheEngine() {
    platform.engine();
  }

  private void devices() {
    platform.soft("soft0", Map.of("channels", 1, REGION, "west", "platform.example.slot", 7));
    platform.soft("plain", Map.of("channels", 1));
  }

  private Holder holder(String name, Map<String, ?> properties) throws Exception {
    final Hashtable<String, Object> all = new Hashtable<>(properties);
    all.put(DmaConstants.CLIENT_NAME, name);
    final Holder holder = new Holder();
    holder.register(platform.empty(name).getBundleContext(), all);
    return holder;
  }

  private ClientDTO client(String name) {
    return Await.value(
        "client=" + name, () -> platform.clients(name).stream().findAny().orElse(null));
  }

  @Test
  public void whatTheConfigurationSaysOfADeviceIsOnItsChannelsAndFiltersSeeIt() throws Exception {
    platform.module(Platform.SOFT);
    devices();
    final Holder all = holder("it.all", Map.of());
    final Holder west =
        holder("it.west", Map.of(DmaConstants.CLIENT_FILTER, "(" + REGION + "=west)"));
    final Holder slots =
        holder(
            "it.slots",
            Map.of(
                DmaConstants.CLIENT_FILTER, "(&(platform.example.slot>=7)(dma.emulated=false))"));
    final Holder east =
        holder("it.east", Map.of(DmaConstants.CLIENT_FILTER, "(" + REGION + "=east)"));
    platform.awaitHeld("it.all", "plain/0", "soft0/0");
    platform.awaitHeld("it.west", "soft0/0");
    platform.awaitHeld("it.slots", "soft0/0");
    assertEquals(List.of(), east.events());
    assertEquals(List.of("AVAILABLE soft0/0"), west.events());
    assertEquals(List.of("AVAILABLE soft0/0"), slots.events());
    final DmaChannel channel = west.channels.getFirst();
    assertEquals("west", channel.deviceProperties().get(REGION));
    assertEquals("west", channel.properties().get(REGION));
    assertEquals(2, all.names().size());
    assertEquals(1, Platform.references(context, DmaChannel.class, "(" + REGION + "=west)").size());
  }

  @Test
  public void clientThatChangesItsFilterIsOfferedWhatFitsNow() throws Exception {
    platform.module(Platform.SOFT);
    devices();
    final Holder holder = new Holder();
    final ServiceRegistration<?> registration =
        holder.register(
            platform.empty("it.fickle").getBundleContext(),
            Map.of(DmaConstants.CLIENT_FILTER, "(dma.device=plain)"));
    platform.awaitHeld("it.fickle", "plain/0");
    registration.setProperties(
        new Hashtable<>(Map.of(DmaConstants.CLIENT_FILTER, "(" + REGION + "=west)")));
    platform.awaitHeld("it.fickle", "plain/0", "soft0/0");
  }

  @Test
  public void exampleDeployedBeforeTheDriverGetsItsChannelsAndKeepsThemOverAnUpdate()
      throws Exception {
    platform.module("channel-filter-client");
    final Bundle soft = platform.module(Platform.SOFT);
    devices();
    assertExampleHolds();
    soft.update(TestBundle.withVersion(PlatformOptions.file(Platform.SOFT), "9.0.1"));
    assertExampleHolds();
    assertVersion("9.0.1");
  }

  @Test
  public void exampleDeployedAfterTheDriverGetsItsChannelsAndKeepsThemOverAnUpdate()
      throws Exception {
    final Bundle soft = platform.module(Platform.SOFT);
    devices();
    platform.awaitDevice("soft0");
    platform.awaitDevice("plain");
    platform.module("channel-filter-client");
    assertExampleHolds();
    soft.update(TestBundle.withVersion(PlatformOptions.file(Platform.SOFT), "9.0.1"));
    assertExampleHolds();
    assertVersion("9.0.1");
  }

  private void assertExampleHolds() {
    for (String client : THREE) {
      platform.awaitHeld(client, "soft0/0");
    }
  }

  private void assertVersion(String version) {
    assertEquals(
        version,
        platform.inspector().channels().stream()
            .filter(c -> c.name().equals("soft0/0"))
            .findFirst()
            .orElseThrow()
            .driverVersion());
  }

  @Test
  public void clientWhoseFilterDoesNotParseIsKeptAndShownWithTheReason() throws Exception {
    platform.module(Platform.SOFT);
    final Holder bad = new Holder();
    final ServiceRegistration<?> registration =
        bad.register(
            platform.empty("it.bad").getBundleContext(),
            Map.of(DmaConstants.CLIENT_FILTER, "(dma.device="));
    final Holder unknown = holder("it.unknown", Map.of(DmaConstants.CLIENT_CAPABILITY, "TELEPORT"));
    final Holder good = holder("it.good", Map.of());
    devices();
    platform.awaitHeld("it.good", "plain/0", "soft0/0");
    assertTrue(client("it.bad").toString(), client("it.bad").problem().contains("(dma.device="));
    assertTrue(
        client("it.unknown").toString(), client("it.unknown").problem().contains("TELEPORT"));
    assertEquals(List.of(), bad.events());
    assertEquals(List.of(), unknown.events());
    assertEquals(2, good.events().size());

    registration.setProperties(
        new Hashtable<>(Map.of(DmaConstants.CLIENT_FILTER, "(dma.device=plain)")));
    platform.awaitHeld("it.bad", "plain/0");
    assertEquals("", client("it.bad").problem());
  }

  @Test
  public void clientsThatThrowAnswerNullOrBlockAreShownAndTheOthersGoOn() throws Exception {
    final CountDownLatch blocked = new CountDownLatch(1);
    final CountDownLatch release = new CountDownLatch(1);
    final Holder blocks =
        new Holder((channel, state) -> {
          blocked.countDown();
          await(release);
          return DmaStateClient.DUP;
        });
    blocks.register(platform.empty("it.blocks").getBundleContext(), Map.of());
    final Holder throwing =
        new Holder((channel, state) -> {
          throw new IllegalStateException("planted");
        });
    throwing.register(platform.empty("it.throws").getBundleContext(), Map.of());
    platform
        .empty("it.null")
        .getBundleContext()
        .registerService(DmaClient.class, (channel, state) -> null, null);
    final Holder good = holder("it.good", Map.of());

    final Bundle soft = platform.module(Platform.SOFT);
    devices();
    platform.awaitHeld("it.good", "plain/0", "soft0/0");
    assertTrue("the blocking client was asked", blocked.await(30, TimeUnit.SECONDS));
    awaitProblem("it.throws", "planted");
    awaitProblem("it.null", "null");
    awaitProblem("it.blocks", "has not returned");
    final Traffic traffic = new Traffic(good).start();
    try (traffic) {
      traffic.flows();
      soft.stop();
      platform.inspector().removals().forEach(FilterIT::assertWithinBudget);
      soft.start();
      platform.awaitHeld("it.good", "plain/0", "soft0/0");
      traffic.flows();
    } finally {
      release.countDown();
    }
    assertEquals(List.of(), throwing.names());
  }

  /** The default budget, and something for a machine that has other things to do. */
  private static void assertWithinBudget(RemovalDTO removal) {
    assertTrue("whoever blocks: " + removal, removal.micros() < 3_000_000);
  }

  private void awaitProblem(String client, String words) {
    Await.until(
        () -> "problem of " + client(client), () -> client(client).problem().contains(words));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
