package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.ChannelBusyException;
import io.asynctx.dmaengine.ChannelGoneException;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.DmaStateClient;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.dto.ClientDTO;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LedgerTest {

  private Rig rig;
  private DmaEngineFace face;
  private EngineInspector inspector;

  @BeforeEach
  void start() {
    rig = new Rig();
    face = new DmaEngineFace(rig.engine, "test.bundle");
    inspector = new EngineInspector(rig.engine);
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  /** Answers as told, and writes down what it is told. */
  private static final class Scripted implements DmaClient {
    final List<String> events = new CopyOnWriteArrayList<>();
    final List<DmaChannel> seen = new CopyOnWriteArrayList<>();
    volatile DmaStateClient answer = DmaStateClient.ACK;

    @Override
    public DmaStateClient event(DmaChannel channel, DmaState state) {
      events.add(state + " " + channel.name());
      seen.add(channel);
      return answer;
    }

    void awaitEvents(int n) {
      Rig.await(n + " events: " + events, () -> events.size() >= n);
    }
  }

  private ClientDTO dto(String name) {
    return inspector.clients().stream()
        .filter(c -> c.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private void awaitLeases(String name, int n) {
    Rig.await(n + " leases of " + name, () -> dto(name).leases().size() == n);
  }

  private static Map<String, Object> named(String name) {
    return Map.of(DmaConstants.CLIENT_NAME, name);
  }

  @Test
  void registeringByCallOffersOnlyWhatArrivesLaterAndARequestOffersWhatIsThere() {
    rig.add(new HandDevice("early", 1));
    final Scripted client = new Scripted();
    face.register(client, named("x"));
    rig.add(new HandDevice("late", 1));
    client.awaitEvents(2); // an arrival walks over all devices, as in 2007
    assertEquals(List.of("AVAILABLE early/0", "AVAILABLE late/0"), client.events);
    awaitLeases("x", 2);
    face.unregister(client);
    client.awaitEvents(4);
    assertEquals("REMOVED late/0", client.events.get(3));
    assertEquals(0, inspector.clients().size());

    face.register(client, named("x"));
    assertEquals(4, client.events.size());
    face.requestChannels(client);
    client.awaitEvents(6);
  }

  @Test
  void aRepeatedAckChangesNothingAndTheSameChannelIsTheSameObject() {
    rig.add(new HandDevice("d", 1));
    final Scripted client = new Scripted();
    client.answer = DmaStateClient.DUP;
    face.register(client, named("x"));
    face.requestChannels(client);
    client.awaitEvents(1);
    face.requestChannels(client);
    client.awaitEvents(2);
    assertSame(client.seen.get(0), client.seen.get(1));
    client.answer = DmaStateClient.ACK;
    face.requestChannels(client);
    awaitLeases("x", 1);
    face.requestChannels(client);
    rig.engine.ledger().clients().getFirst().mailbox.await(System.nanoTime() + Rig.SECONDS_20);
    assertEquals(3, client.events.size(), "what is held is not offered again");
  }

  @Test
  void aClientThatLeavesHearsNothingOfWhatItGaveToAChannelThatLeftBefore() {
    final Device leaving = rig.add(new HandDevice("leaving", 1), 5);
    final HandDevice staying = new HandDevice("staying", 1);
    rig.add(staying);
    final Rig.Holder holder = rig.client("x");
    final LeasedChannel channel = holder.channel(0);
    holder.channel(1);
    final AtomicInteger calls = new AtomicInteger();
    final MemorySegment memory = Arena.global().allocate(64);
    final long kept = channel.prepMemset(memory, (byte) 1, 64, DmaChannel.PREP_NONE);
    channel.callback(kept, (h, result, p) -> calls.incrementAndGet(), null);
    channel.submit(kept);
    rig.engine.removeDevice(leaving);
    Rig.await("moved to the other device", () -> staying.hand(0).held() == 1);

    rig.engine.ledger().remove(holder.client, false);
    staying.hand(0).completeAll();
    rig.assertEverySlotFree(); // nobody else could acknowledge it
    assertEquals(0, calls.get());
  }

  @Test
  void nakStopsTheWalkAndIsRememberedUntilSomethingItHeldIsLost() {
    final HandDevice first = new HandDevice("first", 1);
    final Device one = rig.add(first, 5);
    final AtomicInteger held = new AtomicInteger();
    final List<String> events = new CopyOnWriteArrayList<>();
    final DmaClient wantsOne =
        (channel, state) -> {
          events.add(state + " " + channel.name());
          if (state == DmaState.REMOVED) {
            held.decrementAndGet();
          }
          if (state != DmaState.AVAILABLE) {
            return DmaStateClient.ACK;
          }
          return held.get() == 0
              ? (held.incrementAndGet() == 1 ? DmaStateClient.ACK : DmaStateClient.NAK)
              : DmaStateClient.NAK;
        };
    final Client client = rig.engine.ledger().client(wantsOne, named("one"), "b", "whiteboard");
    rig.engine.ledger().add(client, true);
    awaitLeases("one", 1);
    rig.add(new HandDevice("second", 1), 4);
    Rig.await("NAK", () -> dto("one").satisfied());
    rig.add(new HandDevice("third", 1), 3);
    client.mailbox.await(System.nanoTime() + Rig.SECONDS_20);
    assertFalse(events.contains("AVAILABLE third/0"), events::toString);
    rig.engine.removeDevice(one);
    assertFalse(dto("one").satisfied());
    rig.add(new HandDevice("first", 1), 5);
    Rig.await("gets one of the new version", () -> dto("one").leases().size() == 1);
    assertEquals("first/0", dto("one").leases().getFirst().channel());
  }

  @Test
  void maskAndFilterDecideWhatIsOffered() {
    final HandDevice copies = new HandDevice("copies", 1);
    copies.caps = DmaCaps.of(DmaCap.MEMCPY);
    rig.add(copies);
    rig.add(new HandDevice("all", 2));
    final Scripted client = new Scripted();
    face.register(
        client,
        Map.of(
            DmaConstants.CLIENT_NAME,
            "x",
            DmaConstants.CAPABILITY,
            new String[] {"xor"},
            DmaConstants.CLIENT_FILTER,
            "(dma.channel=all/1)"));
    face.requestChannels(client);
    awaitLeases("x", 1);
    assertEquals(List.of("AVAILABLE all/1"), client.events);
  }

  @Test
  void aFilterThatDoesNotParseIsRefusedByCallAndKeptWithItsReasonOnTheWhiteboard() {
    final Map<String, Object> bad =
        Map.of(DmaConstants.CLIENT_NAME, "bad", DmaConstants.CLIENT_FILTER, "(oops");
    final Scripted client = new Scripted();
    final var e = assertThrows(IllegalArgumentException.class, () -> face.register(client, bad));
    assertTrue(e.getMessage().contains("(oops"), e::getMessage);
    rig.engine.ledger().add(rig.engine.ledger().client(client, bad, "b", "whiteboard"), true);
    rig.add(new HandDevice("d", 1));
    assertTrue(dto("bad").problem().contains("(oops"), () -> dto("bad").toString());
    assertEquals(0, client.events.size());
  }

  @Test
  void clientsThatThrowAnswerNullOrBlockDoNotStopOthersNorARemoval() throws InterruptedException {
    final CountDownLatch release = new CountDownLatch(1);
    final CountDownLatch blocked = new CountDownLatch(1);
    final DmaClient throwing =
        (c, s) -> {
          throw new IllegalStateException("planted");
        };
    final DmaClient blocking =
        (c, s) -> {
          blocked.countDown();
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return DmaStateClient.ACK;
        };
    final ClientLedger ledger = rig.engine.ledger();
    ledger.add(ledger.client(throwing, named("throwing"), "b", "whiteboard"), true);
    ledger.add(ledger.client(new Answers(), named("null"), "b", "whiteboard"), true);
    ledger.add(ledger.client(blocking, named("blocking"), "b", "whiteboard"), true);
    final Rig.Holder good = rig.client("good");
    final Device device = rig.add(new HandDevice("d", 1));
    good.channel(0);
    assertTrue(blocked.await(20, TimeUnit.SECONDS));
    Rig.await("reported", () -> dto("blocking").problem().contains("has not returned"));
    Rig.await("reported", () -> dto("throwing").problem().contains("planted"));
    Rig.await("reported", () -> dto("null").problem().contains("null"));
    final long start = System.nanoTime();
    rig.engine.removeDevice(device);
    assertTrue(System.nanoTime() - start < 5_000_000_000L, "bounded");
    assertTrue(good.events.contains("REMOVED d/0"));
    release.countDown();
    // Its ACK came too late: no lease, and it is told so.
    Rig.await("no lease", () -> dto("blocking").leases().isEmpty());
  }

  /** Answers null, which a lambda could not without a warning. */
  private static final class Answers implements DmaClient {
    private DmaStateClient none;

    @Override
    public DmaStateClient event(DmaChannel channel, DmaState state) {
      return none;
    }
  }

  @Test
  void exclusivityIsRefusedNamingHoldersAndHoldsAgainstOthersOnceGranted() {
    rig.add(new HandDevice("d", 1));
    final Rig.Holder holder = rig.client("holder");
    holder.channel(0);
    final Scripted client = new Scripted();
    face.register(client, named("alone"));
    final var e =
        assertThrows(
            ChannelBusyException.class,
            () -> face.requestExclusive(client, DmaCaps.of(DmaCap.XOR), null));
    assertTrue(e.getMessage().contains("holder"), e::getMessage);
    rig.engine.ledger().remove(holder.client, false);
    final DmaChannel mine = face.requestExclusive(client, DmaCaps.of(DmaCap.XOR), "(dma.device=d)");
    assertNotNull(mine);
    assertTrue(dto("alone").leases().getFirst().exclusive());
    final Rig.Holder late = rig.client("late");
    late.client.mailbox.await(System.nanoTime() + Rig.SECONDS_20);
    assertEquals(List.of(), late.events, "offered to nobody");
    assertNull(rig.engine.ledger().serviceLease(slot("d"), "stranger"));
    final Scripted second = new Scripted();
    face.register(second, named("second"));
    assertThrows(
        ChannelBusyException.class, () -> face.requestExclusive(second, DmaCaps.ANY, null));
    assertNull(face.requestExclusive(second, DmaCaps.ANY, "(dma.device=other)"));
    client.answer = DmaStateClient.DUP;
    face.release(client, mine);
    late.channel(0);
    assertThrows(ChannelGoneException.class, () -> mine.prepInterrupt(0));
  }

  private ChannelSlot slot(String device) {
    return rig.engine.devices().stream()
        .filter(d -> d.name().equals(device))
        .findFirst()
        .orElseThrow()
        .slots()
        .getFirst();
  }

  @Test
  void holdersThatYieldGiveWayTheirWorkMovesAndTheyAreAskedAgain() {
    final HandDevice a = new HandDevice("a", 1);
    final HandDevice b = new HandDevice("b", 1);
    b.completeAtOnce = true;
    rig.add(a, 5);
    final Rig.Holder yielding = rig.yieldingClient("yielding");
    final LeasedChannel held = yielding.channel(0);
    rig.add(b, 1);
    yielding.channel(1);
    final long queued = held.submit(held.prepInterrupt(DmaChannel.PREP_NONE));
    final Scripted client = new Scripted();
    face.register(client, named("alone"));
    final DmaChannel mine = face.requestExclusive(client, DmaCaps.ANY, "(dma.device=a)");
    assertNotNull(mine);
    Rig.await("told", () -> yielding.events.contains("REMOVED a/0"));
    held.waitFor(queued, java.time.Duration.ofSeconds(20));
    assertEquals("b/0", held.describe(queued).provenance().channel());
    held.ack(queued);
    face.release(client, mine);
    Rig.await(
        "asked again", () -> yielding.events.stream().filter("AVAILABLE a/0"::equals).count() == 2);
  }

  @Test
  void aServiceLeaseIsALeaseLikeAnyAndEndsWithTheService() {
    rig.add(new HandDevice("d", 1));
    final Lease lease = rig.engine.ledger().serviceLease(slot("d"), "some.bundle");
    assertNotNull(lease);
    final ClientDTO dto = dto("some.bundle");
    assertEquals("service", dto.via());
    assertEquals("d/0", dto.leases().getFirst().channel());
    rig.engine.ledger().remove(lease.client, false);
    assertEquals(List.of(), inspector.clients());
  }

  @Test
  void theOperationsOfAClientThatLeavesEndAndItsCallbacksAreOver() {
    final HandDevice device = new HandDevice("d", 1);
    rig.add(device);
    final Rig.Holder holder = rig.client("leaving");
    final LeasedChannel channel = holder.channel(0);
    rig.client("staying").channel(0);
    final AtomicInteger called = new AtomicInteger();
    final long d = channel.prepInterrupt(DmaChannel.PREP_NONE);
    channel.callback(d, (h, r, p) -> called.incrementAndGet(), this);
    channel.submit(d);
    channel.issuePending();
    final long prepared = channel.prepInterrupt(DmaChannel.PREP_NONE);
    assertTrue(prepared != 0);
    rig.engine.ledger().remove(holder.client, false);
    device.hand(0).completeAll();
    Rig.await("all but the prepared one free", () -> rig.used() == 1);
    rig.engine.submission().reapDeparted(0);
    rig.assertEverySlotFree();
    assertEquals(0, called.get());
  }

  @Test
  void whatAThreadIsPreparingWhileItsClientLeavesIsGivenToNobodyElse() {
    final HandDevice device = new HandDevice("d", 1);
    device.completeAtOnce = true;
    rig.add(device);
    final Rig.Holder holder = rig.client("leaving");
    final LeasedChannel channel = holder.channel(0);
    final LeasedChannel other = rig.client("staying").channel(0);
    final AtomicInteger called = new AtomicInteger();
    final long mine = channel.prepInterrupt(DmaChannel.PREP_NONE);
    rig.engine.ledger().remove(holder.client, false);
    final long theirs = other.prepInterrupt(DmaChannel.PREP_ACK);
    assertNotEquals(Handle.slot(mine), Handle.slot(theirs));
    channel.callback(mine, (h, r, p) -> called.incrementAndGet(), null);
    channel.submit(mine);
    other.submit(theirs);
    other.issuePending();
    Rig.await("all but the one nobody acknowledges free", () -> rig.used() == 1);
    rig.engine.submission().reapDeparted(0);
    rig.assertEverySlotFree();
    assertEquals(0, called.get());
  }

  @Test
  void whatIsSubmittedWhileTheEngineStopsIsCalledBackAlthoughItsClientIsTakenOffTheList() {
    rig.add(new HandDevice("d", 1));
    final Rig.Holder holder = rig.client("x");
    final LeasedChannel channel = holder.channel(0);
    final AtomicInteger called = new AtomicInteger();
    final long late = channel.prepInterrupt(DmaChannel.PREP_ACK);
    channel.callback(late, (h, r, p) -> called.incrementAndGet(), null);
    rig.engine.stop();
    rig.engine.ledger().remove(holder.client, false); // as the framework does next
    channel.submit(late);
    Rig.await("called back", () -> called.get() == 1);
  }

  @Test
  void whatAClientThatLeavesSubmittedAndDidNotIssueEndsToo() {
    final HandDevice device = new HandDevice("d", 1);
    device.completeAtOnce = true;
    rig.add(device);
    rig.client("staying").channel(0);
    final Rig.Holder holder = rig.client("leaving");
    final LeasedChannel channel = holder.channel(0);
    channel.submit(channel.prepInterrupt(DmaChannel.PREP_ACK));
    assertEquals(0, device.hand(0).pushes());
    final long late = channel.prepInterrupt(DmaChannel.PREP_ACK);
    rig.engine.ledger().remove(holder.client, false);
    Rig.await("issued", () -> device.hand(0).pushes() == 1);
    channel.submit(late); // a thread of its own that was between the two
    Rig.await("issued", () -> device.hand(0).pushes() == 2);
    rig.assertEverySlotFree();
  }

  @Test
  void whatIsSubmittedThroughALeaseThatEndedIsIssuedWhereverItLies() {
    final HandDevice device = new HandDevice("d", 1);
    device.completeAtOnce = true;
    rig.add(device);
    rig.client("staying").channel(0);
    final Rig.Holder holder = rig.client("releasing");
    final LeasedChannel channel = holder.channel(0);
    channel.submit(channel.prepInterrupt(DmaChannel.PREP_ACK));
    final long prepared = channel.prepInterrupt(DmaChannel.PREP_ACK);
    rig.engine.ledger().release(holder.client, channel);
    Rig.await("issued", () -> device.hand(0).pushes() == 1);
    channel.submit(prepared);
    channel.issuePending();
    Rig.await("issued", () -> device.hand(0).pushes() == 2);
    rig.assertEverySlotFree();
  }

  @Test
  void misuseIsRefusedWithValues() {
    final Scripted client = new Scripted();
    assertThrows(IllegalArgumentException.class, () -> face.requestChannels(client));
    face.register(client, named("x"));
    assertThrows(IllegalArgumentException.class, () -> face.register(client, named("x")));
    final var e =
        assertThrows(
            IllegalArgumentException.class,
            () -> face.register(new Scripted(), Map.of(DmaConstants.CAPABILITY, "FLY")));
    assertTrue(e.getMessage().contains("FLY"), e::getMessage);
    assertThrows(
        IllegalArgumentException.class, () -> face.requestExclusive(client, DmaCaps.ANY, "((("));
    face.unregister(new Scripted());
    rig.add(new HandDevice("d", 1));
    assertThrows(IllegalArgumentException.class, () -> rig.add(new HandDevice("d", 1)));
    assertThrows(IllegalArgumentException.class, () -> inspector.operations(0));
    rig.engine.stop();
    assertThrows(EngineStoppedException.class, () -> face.register(client, named("y")));
    assertThrows(EngineStoppedException.class, () -> face.requestChannels(client));
    assertEquals("STOPPED", inspector.engine().state());
  }

  @Test
  void aDeviceThatCannotBeOpenedIsNotLentAndOthersGoOn() {
    final HandDevice broken = new HandDevice("broken", 1);
    broken.refuseOpen = true;
    rig.add(broken, 5);
    rig.add(new HandDevice("good", 1));
    final Rig.Holder holder = rig.client("c");
    Rig.await("told", () -> holder.events.contains("REMOVED broken/0"));
    Rig.await("the good one", () -> dto("c").leases().size() == 1);
    assertEquals("good/0", dto("c").leases().getFirst().channel());
  }

  @Test
  void aDeviceThatCouldNotBeOpenedIsOfferedAgain() {
    final HandDevice busy = new HandDevice("busy", 1);
    busy.refuseOpen = true;
    rig.add(busy, 5);
    final Rig.Holder holder = rig.client("c");
    Rig.await("told", () -> holder.events.contains("REMOVED busy/0"));
    busy.refuseOpen = false;
    assertEquals("busy/0", holder.channel(0).name());
  }

  @Test
  void changedPropertiesEndARememberedNakAndOfferWhatFitsNow() {
    rig.add(new HandDevice("d", 2));
    final Scripted client = new Scripted();
    client.answer = DmaStateClient.NAK;
    final Client added = rig.engine.ledger().client(client, named("x"), "b", "whiteboard");
    rig.engine.ledger().add(added, true);
    Rig.await("NAK", () -> dto("x").satisfied());
    client.answer = DmaStateClient.ACK;
    rig.engine
        .ledger()
        .redefine(
            added,
            Map.of(DmaConstants.CLIENT_NAME, "x", DmaConstants.CLIENT_FILTER, "(dma.channel=d/1)"));
    awaitLeases("x", 1);
    assertEquals("d/1", dto("x").leases().getFirst().channel());
  }
}
