package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaEngine;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * DmaEngine as one bundle has it: knows which clients that bundle registered by call, and takes
 * them off the list when it lets go.
 *
 * <p>Threading: the map under its own monitor; nothing foreign is called under it.
 */
final class DmaEngineFace implements DmaEngine {

  private final Engine engine;
  private final String bundle;
  private final Map<DmaClient, Client> clients = new IdentityHashMap<>();

  DmaEngineFace(Engine engine, String bundle) {
    this.engine = engine;
    this.bundle = bundle;
  }

  @Override
  public String name() {
    return engine.name();
  }

  @Override
  public void register(DmaClient client, Map<String, ?> properties) {
    engine.checkRunning();
    final Client added = engine.ledger().client(client, properties, bundle, "call");
    if (!added.problem().isEmpty()) {
      throw new IllegalArgumentException("client refused: " + added.problem());
    }
    synchronized (clients) {
      if (clients.containsKey(client)) {
        throw new IllegalArgumentException(
            "client registered already: client=" + added.name() + "; unregister it first");
      }
      clients.put(client, added);
    }
    engine.ledger().add(added, false);
  }

  private Client known(DmaClient client) {
    synchronized (clients) {
      final Client known = clients.get(client);
      if (known == null) {
        throw new IllegalArgumentException(
            "client not registered here: client=" + client + ", bundle=" + bundle);
      }
      return known;
    }
  }

  @Override
  public void requestChannels(DmaClient client) {
    engine.checkRunning();
    engine.ledger().request(known(client));
  }

  @Override
  public void unregister(DmaClient client) {
    final Client known;
    synchronized (clients) {
      known = clients.remove(client);
    }
    if (known != null) {
      engine.ledger().remove(known, true);
    }
  }

  @Override
  public @Nullable DmaChannel requestExclusive(
      DmaClient client, DmaCaps wanted, @Nullable String filter) {
    engine.checkRunning();
    if (filter != null) {
      engine.routing().filter(filter);
    }
    return engine.ledger().requestExclusive(known(client), wanted, filter);
  }

  @Override
  public void release(DmaClient client, DmaChannel channel) {
    engine.ledger().release(known(client), channel);
  }

  @Override
  public void issuePendingAll() {
    engine.routing().issuePendingAll();
  }

  /** The bundle lets go. */
  void close() {
    final List<Client> left;
    synchronized (clients) {
      left = List.copyOf(clients.values());
      clients.clear();
    }
    for (Client client : left) {
      engine.ledger().remove(client, false);
    }
  }
}
