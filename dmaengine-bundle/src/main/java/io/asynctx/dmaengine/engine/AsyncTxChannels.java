package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.DmaStateClient;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * async_tx as a client: takes every channel it is offered, gives way to who wants one alone, and
 * has no other way to a channel than these leases.
 *
 * <pre>
 *  field  written by           mode      read by   mode
 *  held   own mailbox, stop    volatile  choosers  volatile
 * </pre>
 *
 * <p>A lease stands in the table from AVAILABLE on, a moment before the ledger begins it and the
 * channel is open; so whoever chooses asks the lease for its channel, and passes over one that has
 * none.
 *
 * @see "Linux 2.6.24 crypto/async_tx/async_tx.c"
 */
final class AsyncTxChannels implements DmaClient {

  static final String NAME = "async_tx";

  private static final int CAPS = DmaCap.values().length;

  private final Engine engine;
  private final Client client;
  private final ChainThreads threads;
  private volatile Held held = Held.of(List.of());

  /** Leases in ranking order, all of them and those that have one capability. */
  private record Held(Lease[] all, Lease[][] able) {
    static Held of(List<Lease> leases) {
      final Lease[][] able = new Lease[CAPS][];
      for (DmaCap cap : DmaCap.values()) {
        able[cap.ordinal()] =
            leases.stream().filter(l -> l.slot.caps.has(cap)).toArray(Lease[]::new);
      }
      return new Held(leases.toArray(Lease[]::new), able);
    }
  }

  /**
   * Makes the client; {@link #start} registers it.
   *
   * @param bundle symbolic name of the engine's own bundle
   */
  AsyncTxChannels(Engine engine, String bundle) {
    this.engine = engine;
    this.threads = new ChainThreads(engine.name());
    this.client =
        engine
            .ledger()
            .client(
                this,
                Map.of(DmaConstants.CLIENT_NAME, NAME, DmaConstants.CLIENT_YIELDS, true),
                bundle,
                NAME);
  }

  void start() {
    engine.ledger().add(client, true);
  }

  /** Gives every channel back. What was submitted ends normally. */
  void stop() {
    engine.ledger().remove(client, false);
    synchronized (this) {
      held = Held.of(List.of());
    }
    threads.stop();
  }

  Client client() {
    return client;
  }

  ChainThreads threads() {
    return threads;
  }

  @Override
  public DmaStateClient event(DmaChannel channel, DmaState state) {
    if (channel instanceof LeasedChannel leased) {
      if (state == DmaState.AVAILABLE) {
        hold(leased.lease());
      } else if (state == DmaState.REMOVED) {
        drop(leased.lease());
      }
    }
    return DmaStateClient.ACK;
  }

  private synchronized void hold(Lease lease) {
    final List<Lease> leases = new ArrayList<>(List.of(held.all));
    if (!leases.contains(lease)) {
      leases.add(lease);
      leases.sort(Comparator.comparingInt((Lease l) -> -l.slot.device.ranking()));
      held = Held.of(leases);
    }
  }

  private synchronized void drop(Lease lease) {
    final List<Lease> leases = new ArrayList<>(List.of(held.all));
    if (leases.remove(lease)) {
      held = Held.of(leases);
    }
  }

  /** The leases on channels with a capability, best ranked first. Not to be changed. */
  Lease[] able(DmaCap op) {
    return held.able[op.ordinal()];
  }

  /** Every lease, best ranked first. Not to be changed. */
  Lease[] all() {
    return held.all;
  }

  /** Lends every channel a hand: refills it, and finishes up to {@code limit} of its transfers. */
  void help(int limit) {
    for (Lease lease : held.all) {
      final Channel channel = lease.channel();
      if (channel != null) {
        channel.refill();
        if (!channel.idle()) {
          channel.harvest(limit);
        }
      }
    }
  }
}
