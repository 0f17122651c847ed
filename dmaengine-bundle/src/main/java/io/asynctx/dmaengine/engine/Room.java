package io.asynctx.dmaengine.engine;

import io.asynctx.async.PoolEmpty;
import io.asynctx.dmaengine.DmaCap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether an owner may hope for a free descriptor, and who stands in the way. Scans pools; for
 * callers that found none, not for the fast path.
 *
 * <p>Threading: any thread; the picture is that of a moment, not of one moment.
 */
final class Room {

  private final Engine engine;
  private final AsyncTxChannels channels;
  private final Owner owner;

  Room(Engine engine, AsyncTxChannels channels, Owner owner) {
    this.engine = engine;
    this.channels = channels;
    this.owner = owner;
  }

  /**
   * Whether waiting is in vain: nothing that could free a descriptor by itself is under way in any
   * pool that would do.
   *
   * @param channel the channel chosen; null for the synchronous path
   */
  boolean hopeless(DmaCap op, @Nullable Channel channel, PoolEmpty poolEmpty) {
    if (channel != null && poolEmpty == PoolEmpty.WAIT) {
      return !moves(channel.pool);
    }
    if (channel == null || poolEmpty == PoolEmpty.SYNCHRONOUS) {
      if (moves(engine.housePool())) {
        return false;
      }
    }
    for (Lease lease : channel == null ? channels.all() : channels.able(op)) {
      final Channel other = lease.channel();
      if (other != null && moves(other.pool)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether a slot of a pool is free for this owner, or may become so without anybody
   * acknowledging.
   */
  private boolean moves(DescriptorPool pool) {
    final boolean quota = pool.free() > 0;
    for (int i = 0; i < pool.size(); i++) {
      final Descriptor d = pool.slot(i);
      final long word = d.word();
      if ((!quota || d.owner == owner) && moves(word)) {
        return true;
      }
    }
    return false;
  }

  private static boolean moves(long word) {
    return switch (Descriptor.state(word)) {
      case Descriptor.WAITING, Descriptor.QUEUED, Descriptor.RUNNING, Descriptor.PUSHED -> true;
      case Descriptor.DONE -> (word & Descriptor.DISPATCHED) == 0;
      default -> false;
    };
  }

  /**
   * What to throw when there is no descriptor: how many are not acknowledged, and whose they are.
   */
  IllegalStateException none(String why) {
    final Map<String, Integer> leaks = new TreeMap<>();
    int slots = 0;
    int unacknowledged = 0;
    for (DescriptorPool pool : engine.descriptors().pools()) {
      slots += pool.size();
      for (int i = 0; i < pool.size(); i++) {
        final Descriptor d = pool.slot(i);
        final long word = d.word();
        if (Descriptor.state(word) == Descriptor.DONE && (word & Descriptor.ACKED) == 0) {
          unacknowledged++;
          final Owner holder = d.owner;
          leaks.merge(holder == null ? "?" : holder.name(), 1, Integer::sum);
        }
      }
    }
    return new IllegalStateException(
        "no descriptor is free: "
            + why
            + "; slots="
            + slots
            + ", ended and not acknowledged="
            + unacknowledged
            + ", by="
            + leaks
            + "; acknowledge with ACK, DEP_ACK or ack()");
  }
}
