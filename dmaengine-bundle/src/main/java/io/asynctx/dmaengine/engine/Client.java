package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaClient;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Someone who wants channels, or has one: a whiteboard service, a caller of DmaEngine, a bundle
 * that got a channel as a service, or async_tx.
 *
 * <p>Threading: the map and the flags under the ledger's lock; the rest is immutable, or volatile.
 */
final class Client {

  private final String name;
  private final String bundle;
  private final String via;
  private volatile DmaCaps caps;
  private volatile String filter;
  private volatile boolean yields;
  private final @Nullable DmaClient callback;
  final Map<ChannelSlot, Lease> leases = new LinkedHashMap<>();
  final LongAdder events = new LongAdder();
  final Mailbox mailbox;

  /** Of everything it submits: its operations outlive the leases they were given to. */
  final Owner owner;

  boolean alive = true;
  boolean nak;
  private volatile String problem;

  Client(
      Engine engine,
      String name,
      String bundle,
      String via,
      DmaCaps caps,
      String filter,
      boolean yields,
      String problem,
      @Nullable DmaClient callback) {
    this.name = name;
    this.bundle = bundle;
    this.via = via;
    this.caps = caps;
    this.filter = filter;
    this.yields = yields;
    this.problem = problem;
    this.callback = callback;
    this.mailbox = new Mailbox(engine, this);
    this.owner = new Owner(name);
  }

  /** Takes changed properties, as read into another client. */
  void redefine(Client changed) {
    caps = changed.caps;
    filter = changed.filter;
    yields = changed.yields;
    problem = changed.problem;
  }

  String name() {
    return name;
  }

  String bundle() {
    return bundle;
  }

  String via() {
    return via;
  }

  DmaCaps caps() {
    return caps;
  }

  String filter() {
    return filter;
  }

  boolean yields() {
    return yields;
  }

  @Nullable DmaClient callback() {
    return callback;
  }

  /** Why it is offered nothing; empty if all is well. */
  String problem() {
    final String slow = mailbox.problem();
    return problem.isEmpty() ? slow : problem;
  }

  boolean offerable() {
    return callback != null && problem.isEmpty();
  }

  @Override
  public String toString() {
    return name;
  }
}
