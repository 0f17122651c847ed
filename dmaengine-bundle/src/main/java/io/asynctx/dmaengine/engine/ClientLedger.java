package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.ChannelBusyException;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.DmaStateClient;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who holds which channel, by whichever of the three ways; and what clients are told.
 *
 * <p>Threading: one short lock guards clients and leases; no client, driver or framework is called
 * under it. Offers are walked on the client's own mailbox.
 *
 * @see "Linux 2.6.24 drivers/dma/dmaengine.c"
 */
final class ClientLedger {

  private static final Logger LOG = LoggerFactory.getLogger(ClientLedger.class);

  private final Engine engine;
  private volatile List<Client> clients = List.of();
  private final ExecutorService foreign;
  private volatile ChannelPublisher publisher = ChannelPublisher.NONE;

  ClientLedger(Engine engine) {
    this.engine = engine;
    this.foreign =
        Executors.newCachedThreadPool(
            task -> new EngineThread("dma-" + engine.name() + "-event", task));
  }

  /** Threads for foreign code that may block: events. */
  ExecutorService foreign() {
    return foreign;
  }

  void publisher(ChannelPublisher next) {
    publisher = next;
  }

  /**
   * What is wrong with a client's properties; a client with a problem is kept, and offered nothing.
   */
  Client client(DmaClient callback, Map<String, ?> properties, String bundle, String via) {
    String problem = "";
    DmaCaps caps = DmaCaps.ANY;
    final Object filter = properties.get(DmaConstants.CLIENT_FILTER);
    try {
      caps = DmaCaps.parse(properties.get(DmaConstants.CLIENT_CAPABILITY));
      if (filter != null) {
        engine.routing().filter(filter.toString());
      }
    } catch (IllegalArgumentException e) {
      problem = String.valueOf(e.getMessage());
    }
    final Object name = properties.get(DmaConstants.CLIENT_NAME);
    return new Client(
        engine,
        name == null ? bundle : name.toString(),
        bundle,
        via,
        caps,
        filter == null ? "" : filter.toString(),
        Boolean.parseBoolean(String.valueOf(properties.get(DmaConstants.CLIENT_YIELDS))),
        problem,
        callback);
  }

  /** Adds a client; with {@code walk} it is offered what is there already. */
  void add(Client client, boolean walk) {
    synchronized (this) {
      engine.checkRunning();
      join(client);
    }
    if (!client.problem().isEmpty()) {
      LOG.warn("client is offered nothing: client={}, problem={}", client.name(), client.problem());
    }
    if (walk) {
      request(client);
    }
  }

  /** Ends a remembered NAK and offers what is there. */
  void request(Client client) {
    synchronized (this) {
      client.nak = false;
    }
    walk(client);
  }

  /**
   * Takes a client off the list. Its leases end, its callbacks are over when this returns, its
   * ended operations are acknowledged for it.
   *
   * @param tell whether it is told REMOVED
   */
  void remove(Client client, boolean tell) {
    final List<Lease> held;
    synchronized (this) {
      client.alive = false;
      part(client);
      held = List.copyOf(client.leases.values());
    }
    final long deadline = System.nanoTime() + Waiters.nanos(engine.config().eventMillis());
    for (Lease lease : held) {
      if (end(lease) && tell) {
        tell(client, lease, DmaState.REMOVED);
      }
    }
    if (!engine.submission().leave(client.owner, deadline)) {
      LOG.warn("a callback of a leaving client does not return: client={}", client.name());
    }
  }

  /** A client changed its properties: a remembered NAK ends, and it is offered what fits now. */
  void redefine(Client client, Map<String, ?> properties) {
    client.redefine(client(DUP, properties, client.bundle(), client.via()));
    request(client);
  }

  private static final DmaClient DUP = (channel, state) -> DmaStateClient.DUP;

  boolean satisfied(Client client) {
    synchronized (this) {
      return client.nak;
    }
  }

  /** Those there are now. */
  List<Client> clients() {
    return clients;
  }

  /** Under the lock. */
  private void join(Client client) {
    final List<Client> every = new ArrayList<>(clients);
    every.add(client);
    clients = List.copyOf(every);
  }

  /** Under the lock. */
  private void part(Client client) {
    clients = clients.stream().filter(other -> other != client).toList();
  }

  /** The leases of a client that are held now. */
  List<Lease> held(Client client) {
    synchronized (this) {
      return client.leases.values().stream().filter(Lease::held).toList();
    }
  }

  private List<Lease> holders(ChannelSlot slot) {
    final List<Lease> holders = new ArrayList<>();
    for (Client client : clients) {
      final Lease lease = client.leases.get(slot);
      if (lease != null && lease.held()) {
        holders.add(lease);
      }
    }
    return holders;
  }

  /** Names of the clients that hold a slot. */
  List<String> holderNames(ChannelSlot slot) {
    synchronized (this) {
      return holders(slot).stream().map(lease -> lease.client.name()).toList();
    }
  }

  private void walk(Client client) {
    if (client.offerable()) {
      client.mailbox.post(() -> offerAll(client));
    }
  }

  private void walkAll() {
    for (Client client : clients()) {
      walk(client);
    }
  }

  /** On the client's mailbox: offers every slot that fits, until NAK. */
  private void offerAll(Client client) {
    for (ChannelSlot slot : ranked()) {
      if (!offer(client, slot)) {
        return;
      }
    }
  }

  private List<ChannelSlot> ranked() {
    final List<ChannelSlot> slots = new ArrayList<>();
    engine.devices().stream()
        .sorted(Comparator.comparingInt((Device d) -> -d.ranking()))
        .forEach(device -> slots.addAll(device.slots()));
    return slots;
  }

  /** Offers one slot; false iff the walk ends. */
  private boolean offer(Client client, ChannelSlot slot) {
    final Lease lease;
    synchronized (this) {
      if (!client.alive || client.nak) {
        return false;
      }
      if (!fits(client, slot)) {
        return true;
      }
      lease = client.leases.computeIfAbsent(slot, s -> new Lease(client, s));
      if (lease.held()) {
        return true;
      }
    }
    final DmaClient callback = client.callback();
    if (callback == null) {
      return false;
    }
    final DmaStateClient answer =
        client.mailbox.deliver(callback, lease.view(), DmaState.AVAILABLE);
    switch (answer) {
      case ACK -> {
        if (!take(lease, false)) {
          tell(client, lease, DmaState.REMOVED);
        }
        return true;
      }
      case NAK -> {
        synchronized (this) {
          client.nak = true;
        }
        return false;
      }
      default -> {
        return true;
      }
    }
  }

  private boolean fits(Client client, ChannelSlot slot) {
    return !slot.device.leaving()
        && slot.exclusive == null
        && slot.caps.satisfies(client.caps())
        && engine.routing().passes(client.filter().isEmpty() ? null : client.filter(), slot);
  }

  /** Records a lease; opens the channel if it is the first. False iff it is too late. */
  boolean take(Lease lease, boolean alone) {
    final ChannelSlot slot = lease.slot;
    while (true) {
      final Channel channel;
      try {
        channel = engine.open(slot);
      } catch (Throwable e) {
        // Its driver may only be busy with an earlier opening: the watch asks for it again.
        if (slot.openFailed(System.nanoTime()) == 1) {
          LOG.warn("channel cannot be opened: channel={}; tried again", slot.name, e);
        }
        return false;
      }
      slot.opened();
      final boolean late;
      synchronized (this) {
        late =
            channel == null
                || !lease.client.alive
                || slot.device.leaving()
                || slot.exclusive != null && slot.exclusive != lease;
        if (channel != null && !late && lease.channel() != channel) {
          lease.begin(channel, alone);
        }
      }
      if (channel == null || late) {
        closeIfUnused(slot); // it may have been opened for this lease alone
        return false;
      }
      if (!channel.closing()) {
        return true;
      }
      // It was being closed for want of leases; ours came too late for that one, so open it again.
      synchronized (this) {
        lease.end();
      }
      if (slot.device.leaving()) {
        return false;
      }
    }
  }

  /** Ends a lease; false iff it had ended. */
  private boolean end(Lease lease) {
    final boolean wasExclusive;
    final Channel channel;
    synchronized (this) {
      channel = lease.channel();
      if (channel == null) {
        return false;
      }
      wasExclusive = lease.exclusive();
      lease.end();
      lease.client.nak = false;
      if (wasExclusive) {
        lease.slot.exclusive = null;
      }
    }
    channel.issuePending(); // what it submitted and did not issue ends, too
    if (wasExclusive && !lease.slot.device.leaving()) {
      publisher.publish(lease.slot);
      walkAll();
    }
    closeIfUnused(lease.slot);
    return true;
  }

  /** Frees what a channel has after its last lease. */
  private void closeIfUnused(ChannelSlot slot) {
    synchronized (this) {
      if (!holders(slot).isEmpty()) {
        return;
      }
    }
    engine.closeUnused(slot);
  }

  boolean unused(ChannelSlot slot) {
    synchronized (this) {
      return holders(slot).isEmpty();
    }
  }

  private void tell(Client client, Lease lease, DmaState state) {
    final DmaClient callback = client.callback();
    if (callback != null) {
      client.mailbox.post(() -> client.mailbox.deliver(callback, lease.view(), state));
    }
  }

  /** Gives one channel back. */
  void release(Client client, DmaChannel channel) {
    if (channel instanceof LeasedChannel leased && leased.lease().client == client) {
      end(leased.lease());
    }
  }

  /** See {@link io.asynctx.dmaengine.DmaEngine#requestExclusive}. */
  @Nullable DmaChannel requestExclusive(Client client, DmaCaps wanted, @Nullable String filter) {
    final List<String> busy = new ArrayList<>();
    for (ChannelSlot slot : ranked()) {
      if (slot.device.leaving()
          || !slot.caps.satisfies(wanted)
          || !engine.routing().passes(filter, slot)) {
        continue;
      }
      final List<Lease> yielding = new ArrayList<>();
      final Lease lease = claim(client, slot, yielding, busy);
      if (lease == null) {
        continue;
      }
      publisher.withdraw(slot);
      for (Lease gone : yielding) {
        tell(gone.client, gone, DmaState.REMOVED);
      }
      if (take(lease, true)) {
        engine.routing().moveOthers(slot, lease.owner());
        return lease.view();
      }
      synchronized (this) {
        slot.exclusive = null;
      }
      publisher.publish(slot);
    }
    if (!busy.isEmpty()) {
      throw new ChannelBusyException(
          "no channel is free: wanted="
              + wanted
              + ", filter="
              + filter
              + ", held="
              + busy
              + "; ask the holders to release, or ask for another");
    }
    return null;
  }

  private synchronized @Nullable Lease claim(
      Client client, ChannelSlot slot, List<Lease> yielding, List<String> busy) {
    final Lease other = slot.exclusive;
    if (other != null) {
      busy.add(slot.name + " by " + other.client.name() + " (exclusive)");
      return null;
    }
    final List<Lease> holders = holders(slot);
    holders.removeIf(lease -> lease.client == client);
    final List<Lease> staying = holders.stream().filter(l -> !l.client.yields()).toList();
    if (!staying.isEmpty()) {
      busy.add(slot.name + " by " + staying.stream().map(l -> l.client.name()).toList());
      return null;
    }
    for (Lease lease : holders) {
      lease.end();
      yielding.add(lease);
    }
    final Lease lease = client.leases.computeIfAbsent(slot, s -> new Lease(client, s));
    if (lease.held()) {
      final Channel channel = lease.channel();
      if (channel != null) {
        lease.begin(channel, true);
      }
    }
    slot.exclusive = lease;
    return lease;
  }

  /** A bundle gets a channel as a service; null iff it is too late. */
  @Nullable Lease serviceLease(ChannelSlot slot, String bundle) {
    final Client client =
        new Client(engine, bundle, bundle, "service", DmaCaps.ANY, "", false, "", null);
    final Lease lease = new Lease(client, slot);
    synchronized (this) {
      join(client);
      client.leases.put(slot, lease);
    }
    if (!take(lease, false)) {
      synchronized (this) {
        part(client);
      }
      return null;
    }
    return lease;
  }

  void deviceArrived(Device device) {
    for (ChannelSlot slot : device.slots()) {
      publisher.publish(slot);
    }
    walkAll();
  }

  /**
   * Its gates are closed: no more offers, no more services, SUSPEND to holders. Waits for nothing.
   */
  void deviceLeaving(Device device) {
    for (ChannelSlot slot : device.slots()) {
      tellHolders(slot, DmaState.SUSPEND);
      publisher.withdraw(slot);
    }
  }

  /** It is gone: ends every lease, tells holders REMOVED, and waits for them until the deadline. */
  void deviceRemoved(Device device, long deadlineNanos, Consumer<String> held) {
    final List<Client> told = new ArrayList<>();
    for (ChannelSlot slot : device.slots()) {
      final List<Lease> holders;
      synchronized (this) {
        holders = holders(slot);
        for (Lease lease : holders) {
          lease.end();
          lease.client.nak = false;
        }
        slot.exclusive = null;
      }
      for (Lease lease : holders) {
        tell(lease.client, lease, DmaState.REMOVED);
        told.add(lease.client);
      }
    }
    for (Client client : told) {
      if (!client.mailbox.await(deadlineNanos)) {
        held.accept("client " + client.name() + " has not taken REMOVED");
        LOG.warn(
            "client has not taken REMOVED in time: client={}, device={}; going on without it",
            client.name(),
            device.name());
      }
    }
    synchronized (this) {
      for (Client client : clients) {
        client.leases.keySet().removeIf(slot -> slot.device == device);
      }
    }
  }

  /** Tells everyone who holds a slot. Waits for nobody. */
  void tellHolders(ChannelSlot slot, DmaState state) {
    final List<Lease> holders;
    synchronized (this) {
      holders = holders(slot);
    }
    for (Lease lease : holders) {
      tell(lease.client, lease, state);
    }
  }

  /** Offers again what could not be opened. */
  void retryUnopened(long now) {
    final List<Device> devices = engine.devices();
    for (int i = 0; i < devices.size(); i++) {
      final Device device = devices.get(i);
      for (int k = 0; k < device.slots().size(); k++) {
        final ChannelSlot slot = device.slots().get(k);
        if (slot.openAgain(now) && slot.channel() == null && !device.leaving()) {
          walkAll();
          return;
        }
      }
    }
  }

  /** A channel was opened or closed: its service says so. */
  void changed(ChannelSlot slot) {
    publisher.update(slot);
  }

  void watch(long eventNanos) {
    final List<Client> every = clients;
    for (int i = 0; i < every.size(); i++) {
      every.get(i).mailbox.watch(eventNanos);
    }
  }

  void stop(long deadlineNanos) {
    for (Client client : clients()) {
      if (!client.owner.quiesce(deadlineNanos)) {
        LOG.warn("a callback does not return: client={}", client.name());
      }
    }
    foreign.shutdown();
  }
}
