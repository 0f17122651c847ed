package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaChannel;
import org.jspecify.annotations.Nullable;

/**
 * A client and a channel, from the first offer on; held from ACK to REMOVED or release. What the
 * client sees of it is {@link #view}, always the same object.
 *
 * <p>Threading: state changes under the ledger's lock; anyone reads.
 */
final class Lease {

  final Client client;
  final ChannelSlot slot;
  private final LeasedChannel view;
  private volatile @Nullable Channel channel;
  private volatile boolean exclusive;
  private volatile long sinceMillis;

  Lease(Client client, ChannelSlot slot) {
    this.client = client;
    this.slot = slot;
    this.view = new LeasedChannel(slot.engine(), this);
  }

  DmaChannel view() {
    return view;
  }

  LeasedChannel leased() {
    return view;
  }

  Owner owner() {
    return client.owner;
  }

  /** The channel while it is held; null before and after. */
  @Nullable Channel channel() {
    return channel;
  }

  boolean held() {
    return channel != null;
  }

  boolean exclusive() {
    return exclusive;
  }

  long sinceMillis() {
    return sinceMillis;
  }

  /** Under the ledger's lock. */
  void begin(Channel with, boolean alone) {
    sinceMillis = System.currentTimeMillis();
    exclusive = alone;
    channel = with;
  }

  /** Under the ledger's lock. */
  void end() {
    channel = null;
    exclusive = false;
  }
}
