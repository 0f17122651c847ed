package io.asynctx.dmaengine.engine;

import io.asynctx.async.Policy;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.dmaengine.dto.BufferDTO;
import io.asynctx.dmaengine.dto.ChannelDTO;
import io.asynctx.dmaengine.dto.ClientDTO;
import io.asynctx.dmaengine.dto.DeviceDTO;
import io.asynctx.dmaengine.dto.EngineDTO;
import io.asynctx.dmaengine.dto.ExplanationDTO;
import io.asynctx.dmaengine.dto.InvariantDTO;
import io.asynctx.dmaengine.dto.LeaseDTO;
import io.asynctx.dmaengine.dto.OperationDTO;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Pictures of an engine: strings and numbers, so that whoever keeps one keeps no driver. */
final class EngineInspector implements DmaInspector {

  private final Engine engine;
  private final Explanation explanation;
  private final Invariants invariants;

  /** For an engine without async_tx, which has no channel to choose from. */
  EngineInspector(Engine engine) {
    this(engine, new AsyncTxChannels(engine, "io.asynctx.dmaengine"));
  }

  EngineInspector(Engine engine, AsyncTxChannels channels) {
    this.engine = engine;
    this.explanation = new Explanation(engine, channels);
    this.invariants = new Invariants(engine);
  }

  private static List<String> names(List<DmaCap> caps) {
    return caps.stream().map(c -> c.name().toLowerCase(Locale.ROOT)).toList();
  }

  @Override
  public EngineDTO engine() {
    final Counters c = engine.counters();
    final Census census = census();
    return new EngineDTO(
        engine.name(),
        engine.stopping() ? "STOPPED" : "ACTIVE",
        c.submitted(),
        c.ended(),
        c.ok(),
        c.error(),
        c.aborted.sum(),
        c.callbacks.sum(),
        c.callbackFailures.sum(),
        c.synchronous(),
        c.displaced.sum(),
        engine.displaced().count(),
        census.live,
        census.unacknowledged,
        census.oldestMillis,
        engine.descriptors().pools().length,
        census.slots,
        census.free,
        c.driverFaults.sum(),
        c.parks.sum(),
        c.unparks.sum(),
        engine.config().removalBudgetMillis());
  }

  /** Descriptors by where they are. */
  private static final class Census {
    final long[] byState = new long[Descriptor.DONE + 1];
    int slots;
    int free;
    long live;
    long unacknowledged;
    long oldestMillis;
  }

  private Census census() {
    final Census census = new Census();
    final long now = System.nanoTime();
    for (DescriptorPool pool : engine.descriptors().pools()) {
      census.slots += pool.size();
      census.free += pool.free();
      for (int i = 0; i < pool.size(); i++) {
        count(census, pool.slot(i), now);
      }
    }
    for (int s = Descriptor.WAITING; s < Descriptor.DONE; s++) {
      census.live += census.byState[s];
    }
    return census;
  }

  private static void count(Census census, Descriptor d, long now) {
    final long word = d.word();
    final int state = Descriptor.state(word);
    census.byState[state]++;
    if (state == Descriptor.DONE && (word & Descriptor.ACKED) == 0) {
      census.unacknowledged++;
      census.oldestMillis = Math.max(census.oldestMillis, (now - d.endedAt) / 1_000_000);
    }
  }

  @Override
  public List<DeviceDTO> devices() {
    final List<DeviceDTO> devices = new ArrayList<>();
    for (Device device : engine.devices()) {
      devices.add(
          new DeviceDTO(
              device.name(),
              device.device().kind().toString(),
              device.driver(),
              device.driverVersion(),
              device.leaving() ? "leaving" : "serving",
              device.slots().size(),
              names(device.slots().getFirst().caps.toList()),
              device.device().numaNode(),
              device.slots().stream().map(s -> s.name).toList()));
    }
    devices.addAll(engine.refused());
    return devices;
  }

  @Override
  public List<ChannelDTO> channels() {
    final List<ChannelDTO> channels = new ArrayList<>();
    engine.devices().stream()
        .sorted(Comparator.comparingInt((Device d) -> -d.ranking()))
        .forEach(device -> device.slots().forEach(slot -> channels.add(channel(slot))));
    return channels;
  }

  private ChannelDTO channel(ChannelSlot slot) {
    final Device device = slot.device;
    final Channel open = slot.channel();
    return new ChannelDTO(
        slot.name,
        device.name(),
        device.device().kind().toString(),
        device.driver(),
        device.driverVersion(),
        slot.state().name(),
        names(slot.caps.toList()),
        slot.limits.depth(),
        open == null ? 0 : open.queued(),
        open == null ? 0 : open.inFlight(),
        open == null ? 0 : open.counters().done.sum(),
        open == null ? 0 : open.counters().errors.sum(),
        open == null ? 0 : open.counters().bytes.sum(),
        open == null ? 0 : open.counters().faults.sum(),
        slot.resets.sum(),
        open == null ? 0 : open.counters().failovers.sum(),
        slot.health.reason(),
        slot.exclusive != null,
        engine.ledger().holderNames(slot));
  }

  @Override
  public List<ClientDTO> clients() {
    final List<ClientDTO> clients = new ArrayList<>();
    for (Client client : engine.ledger().clients()) {
      clients.add(
          new ClientDTO(
              client.name(),
              client.bundle(),
              client.via(),
              names(client.caps().toList()),
              client.filter(),
              client.yields(),
              client.problem(),
              engine.ledger().satisfied(client),
              client.events.sum(),
              engine.ledger().held(client).stream()
                  .map(l -> new ClientDTO.Lease(l.slot.name, l.exclusive(), l.sinceMillis()))
                  .toList()));
    }
    return clients;
  }

  @Override
  public List<OperationDTO> operations(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("how many out of range: most=" + most + ", min=1");
    }
    final List<OperationDTO> operations = new ArrayList<>();
    for (DescriptorPool pool : engine.descriptors().pools()) {
      for (int i = 0; i < pool.size() && operations.size() < most; i++) {
        final OperationDTO operation = operation(pool.slot(i));
        if (operation != null) {
          operations.add(operation);
        }
      }
    }
    return operations;
  }

  private @Nullable OperationDTO operation(Descriptor d) {
    final long word = d.word();
    final int state = Descriptor.state(word);
    if (state == Descriptor.FREE) {
      return null;
    }
    final Owner owner = d.owner;
    final Channel channel = d.channel;
    final Provider provider = d.provider;
    final long handle = d.handle();
    final OperationDTO dto =
        new OperationDTO(
            handle,
            Handle.text(handle),
            d.op.name().toLowerCase(Locale.ROOT),
            d.length,
            owner == null ? engine.name() : owner.name(),
            Descriptor.stateName(word),
            channel != null ? channel.name : provider != null ? provider.channel() : "",
            d.attempts,
            (word & Descriptor.ACKED) != 0,
            state == Descriptor.DONE ? d.result.name() : "");
    return Descriptor.generation(d.word()) == Descriptor.generation(word) ? dto : null;
  }

  @Override
  public List<RemovalDTO> removals() {
    return engine.removals();
  }

  @Override
  public List<LeaseDTO> leases() {
    final List<LeaseDTO> leases = new ArrayList<>();
    for (Client client : engine.ledger().clients()) {
      for (Lease lease : engine.ledger().held(client)) {
        leases.add(
            new LeaseDTO(
                lease.slot.name,
                client.name(),
                client.bundle(),
                client.via(),
                lease.exclusive(),
                lease.sinceMillis(),
                engine.descriptors().live(client.owner, lease.channel())));
      }
    }
    leases.sort(Comparator.comparing(LeaseDTO::channel).thenComparing(LeaseDTO::client));
    return leases;
  }

  @Override
  public List<BufferDTO> buffers() {
    return engine.buffers().loans().report();
  }

  @Override
  public ExplanationDTO explain(DmaCap operation, long length, int sources, Policy policy) {
    return explanation.of(operation, length, sources, policy);
  }

  @Override
  public List<InvariantDTO> invariants() {
    return invariants.look();
  }

  @Override
  public List<String> audit() {
    return invariants.broken();
  }
}
