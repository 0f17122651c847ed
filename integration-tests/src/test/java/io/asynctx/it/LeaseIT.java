package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNotSame;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.asynctx.dmaengine.ChannelBusyException;
import io.asynctx.dmaengine.ChannelGoneException;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaEngine;
import io.asynctx.dmaengine.DmaStateClient;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.dto.ClientDTO;
import io.asynctx.memory.DmaBuffer;
import io.asynctx.memory.DmaBuffers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.junit.Before;
import org.junit.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceObjects;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;

/** The three ways to hold a channel are one ledger, and end with their bundle. */
public class LeaseIT extends OnPlatform {

  private static final String CHANNEL = "(dma.channel=soft0/0)";

  private Bundle soft;

  @Before
  public void startEngineAndDriver() throws Exception {
    platform.engine();
    soft = platform.module(Platform.SOFT);
    platform.soft("soft0", Map.of("channels", 1));
    platform.awaitDevice("soft0");
  }

  private static Map<String, Object> name(String name) {
    return Map.of(DmaConstants.CLIENT_NAME, name);
  }

  private void awaitClients(String... names) {
    Await.until(
        () -> "clients=" + List.of(names) + ", are=" + platform.inspector().clients(),
        () ->
            platform.inspector().clients().stream()
                .map(ClientDTO::name)
                .filter(n -> n.startsWith("it."))
                .sorted()
                .toList()
                .equals(List.of(names)));
  }

  /** Who holds the channel, async_tx excepted. */
  private List<String> holdersOfTheTest() {
    return platform.inspector().channels().getFirst().clients().stream()
        .filter(name -> name.startsWith("it."))
        .sorted()
        .toList();
  }

  private String via(String client) {
    return platform.clients(client).getFirst().via();
  }

  private ServiceReference<DmaChannel> channelReference(BundleContext in) {
    return Await.value(
        "channel service " + CHANNEL,
        () -> Platform.references(in, DmaChannel.class, CHANNEL).stream().findAny().orElse(null));
  }

  private DmaEngine engineOf(Bundle bundle) {
    return Platform.service(bundle.getBundleContext(), DmaEngine.class, Platform.named("default"));
  }

  /** One small copy over the channel, and its bytes. */
  private static void assertWorks(DmaChannel channel) {
    final MemorySegment from = Arena.global().allocate(4096).fill((byte) 3);
    final MemorySegment to = Arena.global().allocate(4096);
    final long tx = channel.submit(channel.prepMemcpy(to, from, 4096, DmaChannel.PREP_NONE));
    assertEquals(WaitResult.COMPLETE, channel.waitFor(tx, Await.LONG));
    channel.ack(tx);
    assertEquals(-1, to.mismatch(from));
  }

  @Test
  public void eachOfThreeWaysIsOneLeaseInTheLedgerAndEndsWithItsBundle() throws Exception {
    final Bundle whiteboard = platform.empty("it.whiteboard");
    final Bundle call = platform.empty("it.call");
    final Bundle service = platform.empty("it.service");

    final Holder onWhiteboard = new Holder();
    onWhiteboard.register(whiteboard.getBundleContext(), Map.of());
    final Holder byCall = new Holder();
    engineOf(call).register(byCall, Map.of());
    awaitClients("it.call", "it.whiteboard");
    assertEquals("register alone offers nothing", List.of(), byCall.events());
    engineOf(call).requestChannels(byCall);
    final DmaChannel gotten =
        service.getBundleContext().getService(channelReference(service.getBundleContext()));

    for (String client : List.of("it.whiteboard", "it.call", "it.service")) {
      platform.awaitHeld(client, "soft0/0");
    }
    assertEquals("whiteboard", via("it.whiteboard"));
    assertEquals("call", via("it.call"));
    assertEquals("service", via("it.service"));
    assertEquals(List.of("it.call", "it.service", "it.whiteboard"), holdersOfTheTest());
    assertWorks(onWhiteboard.channels.getFirst());
    assertWorks(byCall.channels.getFirst());
    assertWorks(gotten);

    whiteboard.stop();
    awaitClients("it.call", "it.service");
    assertThrows(ChannelGoneException.class, () -> assertWorks(onWhiteboard.channels.getFirst()));
    call.stop();
    awaitClients("it.service");
    assertThrows(ChannelGoneException.class, () -> assertWorks(byCall.channels.getFirst()));
    service.stop();
    awaitClients();
    assertThrows(ChannelGoneException.class, () -> assertWorks(gotten));
    platform.assertQuiet();
  }

  @Test
  public void theServiceOfAChannelIsOneLeaseABundleAndAsManyAsPrototypesAreAskedFor()
      throws Exception {
    final Bundle bundle = platform.empty("it.service");
    final BundleContext in = bundle.getBundleContext();
    final ServiceReference<DmaChannel> reference = channelReference(in);
    final DmaChannel one = in.getService(reference);
    assertSame(one, in.getService(reference));
    awaitClients("it.service");

    final ServiceObjects<DmaChannel> prototypes = in.getServiceObjects(reference);
    final DmaChannel own = prototypes.getService();
    assertNotSame(one, own);
    prototypes.getService();
    awaitClients("it.service", "it.service", "it.service");
    prototypes.ungetService(own);
    awaitClients("it.service", "it.service");
    assertThrows(ChannelGoneException.class, () -> assertWorks(own));
    assertWorks(one);
    in.ungetService(reference);
    awaitClients("it.service", "it.service");
    in.ungetService(reference);
    awaitClients("it.service");
    bundle.stop();
    awaitClients();
  }

  @Test
  public void exclusivityIsRefusedByEachOfTheThreeWaysAndNamesTheHolder() throws Exception {
    final Bundle alone = platform.empty("it.alone");
    final DmaEngine engine = engineOf(alone);
    final Holder wants = takesNothingOffered();
    engine.register(wants, Map.of());

    final Bundle whiteboard = platform.empty("it.whiteboard");
    new Holder().register(whiteboard.getBundleContext(), Map.of());
    assertRefused(engine, wants, "it.whiteboard");
    whiteboard.uninstall();

    final Bundle call = platform.empty("it.call");
    final Holder byCall = new Holder();
    engineOf(call).register(byCall, Map.of());
    engineOf(call).requestChannels(byCall);
    assertRefused(engine, wants, "it.call");
    call.uninstall();

    final Bundle service = platform.empty("it.service");
    service.getBundleContext().getService(channelReference(service.getBundleContext()));
    assertRefused(engine, wants, "it.service");
    service.uninstall();

    awaitClients("it.alone");
    assertNotNull(engine.requestExclusive(wants, DmaCaps.of(DmaCap.MEMCPY), null));
  }

  private static Holder takesNothingOffered() {
    return new Holder((channel, state) -> DmaStateClient.DUP);
  }

  private void assertRefused(DmaEngine engine, Holder wants, String holder) {
    platform.awaitHeld(holder, "soft0/0");
    final ChannelBusyException e =
        assertThrows(
            ChannelBusyException.class,
            () -> engine.requestExclusive(wants, DmaCaps.of(DmaCap.MEMCPY), null));
    assertTrue(e.getMessage(), e.getMessage().contains(holder));
  }

  @Test
  public void exclusivityHoldsAgainstTheThreeWaysAndGivesBackWhatYielded() throws Exception {
    final Bundle yielding = platform.empty("it.yielding");
    final Holder yields = new Holder();
    yields.register(yielding.getBundleContext(), Map.of(DmaConstants.CLIENT_YIELDS, true));
    platform.awaitHeld("it.yielding", "soft0/0");
    final ServiceReference<DmaChannel> before = channelReference(context);

    final Bundle alone = platform.empty("it.alone");
    final DmaEngine engine = engineOf(alone);
    final Holder wants = takesNothingOffered();
    engine.register(wants, Map.of());
    assertNull(
        "no channel has this name",
        engine.requestExclusive(wants, DmaCaps.ANY, "(dma.channel=none)"));
    final DmaChannel channel =
        engine.requestExclusive(wants, DmaCaps.of(DmaCap.MEMCPY), "(dma.device=soft0)");
    assertEquals("soft0/0", channel.name());
    assertTrue(platform.inspector().channels().getFirst().exclusive());

    Await.until(
        () -> "REMOVED to the client that yields, events=" + yields.events(),
        () -> yields.count("REMOVED soft0/0") == 1);
    Await.until(
        "the channel service disappears",
        () -> Platform.references(context, DmaChannel.class, CHANNEL).isEmpty());
    assertNull("a reference kept from before gives nothing", context.getService(before));
    assertEquals(List.of(), yields.names());

    final Bundle late = platform.empty("it.late");
    final Holder lateHolder = new Holder();
    lateHolder.register(late.getBundleContext(), Map.of());
    final Holder lateCaller = new Holder();
    engineOf(late).register(lateCaller, name("it.late.call"));
    engineOf(late).requestChannels(lateCaller);
    assertThrows(
        ChannelBusyException.class,
        () -> engineOf(late).requestExclusive(lateCaller, DmaCaps.ANY, null));
    assertWorks(channel);
    assertEquals(List.of("it.alone"), platform.inspector().channels().getFirst().clients());
    assertEquals(List.of(), lateHolder.events());
    assertEquals(List.of(), lateCaller.events());

    engine.release(wants, channel);
    platform.awaitHeld("it.yielding", "soft0/0");
    assertEquals(2, yields.count("AVAILABLE soft0/0"));
    platform.awaitHeld("it.late", "soft0/0");
    channelReference(context);
    assertThrows(ChannelGoneException.class, () -> assertWorks(channel));
    assertWorks(yields.channels.getFirst());
    assertFalse(platform.inspector().channels().getFirst().exclusive());
  }

  @Test
  public void exclusivityEndsWithTheBundleThatHasIt() throws Exception {
    final Bundle alone = platform.empty("it.alone");
    final Holder wants = takesNothingOffered();
    engineOf(alone).register(wants, Map.of());
    final Bundle other = platform.empty("it.other");
    final DmaChannel channel = engineOf(alone).requestExclusive(wants, DmaCaps.ANY, null);
    assertNotNull(channel);
    final Holder waits = new Holder();
    waits.register(other.getBundleContext(), Map.of());
    alone.stop();
    platform.awaitHeld("it.other", "soft0/0");
    channelReference(context);
  }

  @Test
  public void clientThatWantsOneChannelGetsOneOfTheNextVersionWithoutCallingAnything()
      throws Exception {
    platform.soft("soft1", Map.of("channels", 1));
    platform.awaitDevice("soft1");
    final Holder one = new Holder(1);
    one.register(platform.empty("it.one").getBundleContext(), Map.of());
    Await.until(
        () -> "a NAK is remembered: " + platform.clients("it.one"),
        () -> platform.clients("it.one").getFirst().satisfied());
    assertEquals(1, one.channels.size());

    for (int version = 1; version <= 3; version++) {
      final String wanted = "9.0." + version;
      soft.update(TestBundle.withVersion(PlatformOptions.file(Platform.SOFT), wanted));
      Await.until(
          () -> "a channel of " + wanted + ", held=" + one.names() + ", events=" + one.events(),
          () ->
              one.channels.size() == 1
                  && one.channels
                      .getFirst()
                      .properties()
                      .get(DmaConstants.DRIVER_VERSION)
                      .equals(wanted));
      Await.until("the ACK is in the ledger", () -> platform.held("it.one").size() == 1);
      assertWorks(one.channels.getFirst());
    }
  }

  @Test
  public void gettingAndUngettingTheServicesOfTheEngineClosesNothing() throws Exception {
    final Holder holder = new Holder();
    holder.register(platform.empty("it.holder").getBundleContext(), Map.of());
    platform.awaitHeld("it.holder", "soft0/0");
    final DmaChannel channel = holder.channels.getFirst();
    final BundleContext stranger = platform.empty("it.stranger").getBundleContext();
    final String filter = Platform.named("default");

    final ServiceReference<DmaEngine> engine =
        Platform.references(stranger, DmaEngine.class, filter).iterator().next();
    final ServiceReference<DmaBuffers> buffers =
        Platform.references(stranger, DmaBuffers.class, filter).iterator().next();
    for (int i = 0; i < 3; i++) {
      assertEquals("default", stranger.getService(engine).name());
      assertTrue(stranger.ungetService(engine));
      final DmaBuffer buffer = stranger.getService(buffers).allocate(4096);
      buffer.close();
      assertTrue(stranger.ungetService(buffers));
      assertWorks(channel);
    }
    assertEquals(List.of("AVAILABLE soft0/0"), holder.events());
    assertEquals(List.of(), platform.inspector().removals());
    assertEquals("ACTIVE", platform.inspector().engine().state());
  }

  @Test
  public void clientThatLeavesTheWhiteboardLosesItsLeasesWhileItsBundleStays() throws Exception {
    final Holder holder = new Holder();
    final ServiceRegistration<?> registration =
        holder.register(platform.empty("it.holder").getBundleContext(), Map.of());
    platform.awaitHeld("it.holder", "soft0/0");
    registration.unregister();
    awaitClients();
    assertThrows(ChannelGoneException.class, () -> assertWorks(holder.channels.getFirst()));
  }
}
