package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaEngine;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.DmaStateClient;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.admin.DmaAdmin;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.memory.DmaBuffer;
import io.asynctx.memory.DmaBuffers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.BundleContext;
import org.osgi.framework.PrototypeServiceFactory;
import org.osgi.framework.ServiceReference;

class EngineCoreTest {

  private final FakeFramework framework = new FakeFramework();
  private BundleContext context;
  private EngineCore core;
  private boolean stopped;

  @BeforeEach
  void start() {
    context = framework.context("io.asynctx.dmaengine");
    core = new EngineCore(FakeFramework.config(Map.of("removalBudgetMillis", 1000L)), context);
    core.activate(context);
  }

  @AfterEach
  void stop() {
    if (!stopped) {
      core.deactivate();
    }
  }

  private ServiceReference<DmaDevice> add(HandDevice device, Map<String, Object> properties) {
    final ServiceReference<DmaDevice> reference =
        framework.reference("driver." + device.name(), properties);
    core.addDevice(reference, device);
    return reference;
  }

  private static HandDevice device(String name) {
    final HandDevice device = new HandDevice(name, 2);
    device.completeAtOnce = true;
    return device;
  }

  private DmaInspector inspector() {
    return (DmaInspector) framework.service(DmaInspector.class).object;
  }

  @Test
  void channelsBecomeServicesWithTheirPropertiesAndGoWithTheirDevice() {
    final ServiceReference<DmaDevice> reference =
        add(device("d"), Map.of("service.ranking", 7, "platform.region", "east", "service.id", 5L));
    Rig.await("two channels", () -> framework.all(DmaChannel.class).size() == 2);
    final Map<String, Object> properties = framework.service(DmaChannel.class).properties;
    assertEquals("d/0", properties.get(DmaConstants.CHANNEL));
    assertEquals("driver.d", properties.get(DmaConstants.DRIVER));
    assertEquals("1.2.3", properties.get(DmaConstants.DRIVER_VERSION));
    assertEquals(true, properties.get(DmaConstants.EMULATED));
    assertEquals("east", properties.get("platform.region"));
    assertEquals(7, properties.get("service.ranking"));
    assertNull(properties.get("service.id"));
    core.removeDevice(reference);
    Rig.await("none", () -> framework.all(DmaChannel.class).isEmpty());
    assertEquals(1, inspector().removals().size());
  }

  @Test
  void gettingAChannelIsALeaseAndUngettingEndsIt() {
    add(device("d"), Map.of());
    @SuppressWarnings("unchecked")
    final PrototypeServiceFactory<DmaChannel> factory =
        (PrototypeServiceFactory<DmaChannel>) framework.service(DmaChannel.class).object;
    final DmaChannel channel = factory.getService(framework.bundle("some.bundle"), null);
    assertNotNull(channel);
    assertEquals(1, clients("some.bundle"));
    factory.ungetService(framework.bundle("some.bundle"), null, channel);
    assertEquals(0, clients("some.bundle"));
  }

  @Test
  void theServiceOfAChannelSaysWhetherItIsOpen() {
    add(device("d"), Map.of());
    Rig.await("opened", () -> state().equals("ACTIVE"));
    final Client async =
        core.engine().ledger().clients().stream()
            .filter(c -> c.name().equals("async_tx"))
            .findFirst()
            .orElseThrow();
    core.engine().ledger().remove(async, false);
    Rig.await("closed", () -> state().equals("OPENING"));
  }

  private Object state() {
    return framework.service(DmaChannel.class).properties.get(DmaConstants.STATE);
  }

  private long clients(String name) {
    return inspector().clients().stream().filter(c -> c.name().equals(name)).count();
  }

  @Test
  void eachBundleHasFacesOfItsOwnAndLosesWhatItTookWhenItLetsGo() {
    add(device("d"), Map.of());
    final DmaEngine face = framework.get(DmaEngine.class, "client");
    assertEquals("default", face.name());
    final DmaClient client = (c, s) -> DmaStateClient.ACK;
    face.register(client, Map.of(DmaConstants.CLIENT_NAME, "mine"));
    face.requestChannels(client);
    Rig.await("leases", () -> leases("mine") == 2);
    face.issuePendingAll();
    framework.unget(DmaEngine.class, "client", face);
    assertEquals(0, clients("mine"));

    final DmaBuffers buffers = framework.get(DmaBuffers.class, "client");
    final DmaBuffer left = buffers.allocate(100);
    assertEquals(100, left.byteSize());
    framework.unget(DmaBuffers.class, "client", buffers);

    final AsyncTx async = framework.get(AsyncTx.class, "client");
    Rig.await("async_tx has channels", () -> leases("async_tx") == 2);
    final MemorySegment a = Arena.global().allocate(1 << 16);
    final long tx =
        async.memset(a, (byte) 1, a.byteSize(), new SubmitControl().allowSynchronous(false));
    assertEquals(WaitResult.COMPLETE, async.waitFor(tx, Duration.ofSeconds(20)));
    framework.unget(AsyncTx.class, "client", async);
    Rig.await("its descriptor was let go", () -> inspector().operations(10).isEmpty());
    assertEquals(List.of(), inspector().audit());
  }

  private long leases(String name) {
    return inspector().clients().stream()
        .filter(c -> c.name().equals(name))
        .mapToLong(c -> c.leases().size())
        .sum();
  }

  @Test
  void whiteboardClientsAreOfferedChannelsAndMayChangeTheirProperties() {
    final List<String> events = new CopyOnWriteArrayList<>();
    final DmaClient client =
        (channel, state) -> {
          events.add(state + " " + channel.name());
          return state == DmaState.AVAILABLE ? DmaStateClient.ACK : DmaStateClient.DUP;
        };
    final Map<String, Object> properties =
        new java.util.HashMap<>(
            Map.of(DmaConstants.CLIENT_NAME, "w", DmaConstants.CLIENT_FILTER, "(dma.channel=d/1)"));
    final ServiceReference<DmaClient> reference = framework.reference("client", properties);
    core.addClient(reference, client);
    add(device("d"), Map.of());
    Rig.await("one", () -> leases("w") == 1);
    assertEquals(List.of("AVAILABLE d/1"), events);
    properties.remove(DmaConstants.CLIENT_FILTER);
    core.updatedClient(reference);
    Rig.await("both", () -> leases("w") == 2);
    core.removeClient(reference);
    assertEquals(0, clients("w"));
    core.updatedClient(reference);
    core.removeClient(reference);
  }

  @Test
  void devicesAndClientsOfAnotherEngineAreLeftAlone() {
    core.addDevice(
        framework.reference("driver", Map.of(DmaConstants.ENGINE, "other")), device("d"));
    core.addClient(
        framework.reference("client", Map.of(DmaConstants.ENGINE, "other")),
        (c, s) -> DmaStateClient.ACK);
    core.addDevice(framework.reference(null, Map.of()), device("gone"));
    core.addClient(framework.reference(null, Map.of()), (c, s) -> DmaStateClient.ACK);
    assertEquals(List.of(), inspector().devices());
    assertEquals(0, clients("client"));
  }

  @Test
  void aDeviceThatCannotBeServedIsShownWithTheReason() {
    add(device("d"), Map.of());
    final ServiceReference<DmaDevice> second = add(device("d"), Map.of(DmaConstants.DEVICE, "d"));
    final ServiceReference<DmaDevice> empty = add(new HandDevice("empty", 0), Map.of());
    final List<String> states = inspector().devices().stream().map(d -> d.state()).toList();
    assertEquals(3, states.size());
    assertTrue(states.toString().contains("device name is taken"), states::toString);
    assertTrue(states.toString().contains("device has no channel"), states::toString);
    core.removeDevice(second);
    core.removeDevice(empty);
    assertEquals(1, inspector().devices().size());
  }

  @Test
  void aChangedConfigurationIsTakenWithoutARestart() {
    add(device("d"), Map.of());
    core.modified(FakeFramework.config(Map.of("removalBudgetMillis", 1500L)));
    assertEquals(1500, inspector().engine().removalBudgetMillis());
    assertEquals(1, inspector().devices().size());
  }

  @Test
  void theOperatorsWordsAreTakenFromTheConfigurationAndBadOnesChangeNothing() {
    final DmaAdmin admin = (DmaAdmin) framework.service(DmaAdmin.class).object;
    assertEquals("", admin.policy());
    final Map<String, Object> words =
        Map.of("policy", "forbid=emulated", "assign", "xor require (dma.device=d) by=me at=17");
    core.modified(FakeFramework.config(words));
    assertEquals("forbid=emulated", admin.policy());
    assertEquals(17, admin.assignments().getFirst().atMillis());
    core.modified(FakeFramework.config(Map.of("policy", "forbid=nobody", "eventMillis", 77L)));
    assertEquals("forbid=emulated", admin.policy());
    assertEquals(1, admin.assignments().size());
    assertEquals(77, core.engine().config().eventMillis());
    core.modified(FakeFramework.config(Map.of()));
    assertEquals("", admin.policy());
    assertEquals(List.of(), admin.assignments());
    assertThrows(IllegalStateException.class, () -> admin.policy("timed=true", "me"));
    final EngineCore second =
        new EngineCore(
            FakeFramework.config(Map.of("dma_engine", "second", "policy", "x")), context);
    assertNull(second.engine().operator());
    second.deactivate();
    final EngineCore third =
        new EngineCore(
            FakeFramework.config(Map.of("dma_engine", "third", "policy", "timed=true")), context);
    assertNotNull(third.engine().operator());
    third.deactivate();
  }

  @Test
  void stoppingWithdrawsEveryServiceAndOldFacesSaySo() {
    final HandDevice device = device("d");
    add(device, Map.of());
    final DmaEngine face = framework.get(DmaEngine.class, "client");
    final AsyncTx async = framework.get(AsyncTx.class, "client");
    final DmaBuffers buffers = framework.get(DmaBuffers.class, "client");
    Rig.await("async_tx has channels", () -> leases("async_tx") == 2);
    final DmaInspector inspector = inspector();
    core.deactivate();
    stopped = true;
    Rig.await("services gone: " + framework.names(), () -> framework.services.isEmpty());
    assertEquals(1, device.hand(0).closes());
    assertEquals("STOPPED", inspector.engine().state());
    assertThrows(
        EngineStoppedException.class, () -> face.register((c, s) -> DmaStateClient.ACK, Map.of()));
    assertThrows(EngineStoppedException.class, () -> async.triggerCallback(new SubmitControl()));
    assertThrows(EngineStoppedException.class, () -> buffers.allocate(1));
  }

  @Test
  void aFrameworkThatUnregisteredAlreadyIsNoError() {
    add(device("d"), Map.of());
    framework.service(DmaChannel.class);
    framework.onUnregister = new IllegalStateException("Service already unregistered.");
    core.deactivate();
    stopped = true;
    assertFalse(framework.services.isEmpty());
  }

  @Test
  void aBudgetThatOutlastsScrsPatienceIsWarnedOfAndAnExclusiveChannelIsNoService() {
    framework.frameworkProperties.put("ds.lock.timeout.milliseconds", "1500");
    final EngineCore second =
        new EngineCore(
            FakeFramework.config(Map.of("dma_engine", "second", "removalBudgetMillis", 1000L)),
            context);
    second.deactivate();
    add(device("d"), Map.of());
    Rig.await("two channels", () -> framework.all(DmaChannel.class).size() == 2);
    final DmaEngine face = framework.get(DmaEngine.class, "client");
    final DmaClient client = (c, s) -> DmaStateClient.DUP;
    face.register(client, Map.of());
    final DmaChannel mine =
        face.requestExclusive(client, io.asynctx.dmaengine.DmaCaps.ANY, "(dma.channel=d/0)");
    assertNotNull(mine);
    Rig.await("one channel", () -> framework.all(DmaChannel.class).size() == 1);
    face.release(client, mine);
    Rig.await("two again", () -> framework.all(DmaChannel.class).size() == 2);
  }
}
