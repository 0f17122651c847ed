package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.StaleDescriptorException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The descriptors of an engine: their pools, and the way from a handle to the one it names.
 *
 * <pre>
 *  field     written by             mode      read by                 mode
 *  pools     borrower, under lock   volatile  everyone with a handle  volatile
 *  retiring  under its own monitor
 * </pre>
 */
final class Descriptors {

  private volatile DescriptorPool[] pools = {};
  private final List<DescriptorPool> retiring = new ArrayList<>();
  private final Engine engine;

  Descriptors(Engine engine) {
    this.engine = engine;
  }

  /** The descriptor of a handle. The handle was valid at the moment of the call. */
  Descriptor find(long handle) {
    final Descriptor d = slot(handle);
    final long word = d.word();
    checkGeneration(handle, word);
    return d;
  }

  Descriptor slot(long handle) {
    final DescriptorPool[] all = pools;
    if (handle <= 0 || Handle.engine(handle) != engine.number()) {
      throw new IllegalArgumentException(
          "not a handle of this engine: handle="
              + Long.toHexString(handle)
              + " ("
              + Handle.text(handle)
              + "), engine="
              + engine.name()
              + ", its number="
              + engine.number());
    }
    final int pool = Handle.pool(handle);
    if (pool >= all.length || Handle.slot(handle) >= all[pool].size()) {
      throw new IllegalArgumentException(
          "not a handle: " + Handle.text(handle) + ", pools=" + all.length);
    }
    return all[pool].slot(Handle.slot(handle));
  }

  void checkGeneration(long handle, long word) {
    if (Descriptor.generation(word) != Handle.generation(handle)) {
      throw stale(handle, Descriptor.generation(word));
    }
  }

  StaleDescriptorException stale(long handle, long generation) {
    return new StaleDescriptorException(
        "stale handle: "
            + Handle.text(handle)
            + "; its descriptor was recycled and has generation="
            + generation
            + " now; do not use a handle after it was acknowledged");
  }

  /** The descriptor of a handle that is prepared and not yet submitted. */
  Descriptor prepared(long handle) {
    final Descriptor d = slot(handle);
    final long word = d.word();
    checkGeneration(handle, word);
    if (Descriptor.state(word) != Descriptor.PREPARED) {
      throw notPrepared(handle, d);
    }
    return d;
  }

  Descriptor byEdge(int edge) {
    return pools[Edges.pool(edge)].slot(Edges.slot(edge));
  }

  DescriptorPool newPool(int size) {
    synchronized (retiring) {
      final DescriptorPool[] all = pools;
      if (all.length == Handle.MAX_POOLS) {
        throw new IllegalStateException("no more descriptor pools: pools=" + all.length);
      }
      final long first = 1 + ThreadLocalRandom.current().nextLong(Handle.GENERATION_MASK - 1);
      final DescriptorPool pool = new DescriptorPool(engine.number(), all.length, size, first);
      final DescriptorPool[] more = Arrays.copyOf(all, all.length + 1);
      more[all.length] = pool;
      pools = more;
      return pool;
    }
  }

  DescriptorPool[] pools() {
    return pools;
  }

  /** Lends a pool: one whose channel left and whose slots are all free again, or a new one. */
  DescriptorPool borrowPool() {
    synchronized (retiring) {
      for (DescriptorPool pool : retiring) {
        if (pool.free() == pool.size()) {
          retiring.remove(pool);
          return pool;
        }
      }
    }
    return newPool(engine.config().ringSize());
  }

  /** How many pools wait for their last descriptor, or to be lent again. */
  int retired() {
    synchronized (retiring) {
      return retiring.size();
    }
  }

  void retire(DescriptorPool pool) {
    synchronized (retiring) {
      if (!retiring.contains(pool)) {
        retiring.add(pool);
      }
    }
  }

  /**
   * Takes a slot of a pool for an owner; null iff there is none for it. When a pool runs low, an
   * owner that holds more than its share of it gets no more.
   *
   * @param epoch of the buffers, from before the operands were checked
   * @param channel that is to run the operation, if any
   */
  @Nullable Descriptor take(
      DescriptorPool pool, Owner owner, long epoch, @Nullable Channel channel) {
    if (pool.free() <= pool.size() / 4 && held(pool, owner) >= pool.size() / 4 * 3) {
      return null;
    }
    return pool.take(owner, epoch, channel);
  }

  private static int held(DescriptorPool pool, Owner owner) {
    int held = 0;
    for (int i = 0; i < pool.size(); i++) {
      final Descriptor d = pool.slot(i);
      if (d.owner == owner && d.state() != Descriptor.FREE) {
        held++;
      }
    }
    return held;
  }

  static IllegalStateException notPrepared(long handle, Descriptor d) {
    return new IllegalStateException(
        "not a prepared descriptor: "
            + Handle.text(handle)
            + ", state="
            + Descriptor.stateName(d.word())
            + "; submit or abandon a descriptor once");
  }

  /** The live operations that name any byte between two addresses. */
  List<Descriptor> holders(long from, long to) {
    final List<Descriptor> holders = new ArrayList<>();
    for (DescriptorPool pool : pools) {
      for (int i = 0; i < pool.size(); i++) {
        final Descriptor d = pool.slot(i);
        if (names(d, from, to)) {
          holders.add(d);
        }
      }
    }
    return holders;
  }

  private static boolean names(Descriptor d, long from, long to) {
    final long word = d.word();
    final int state = Descriptor.state(word);
    if (state < Descriptor.WAITING || state == Descriptor.DONE) {
      return false;
    }
    boolean named = false;
    for (int i = 0; !named && i < d.operandCount(); i++) {
      final MemorySegment s = d.operand(i);
      named = s != null && s.isNative() && s.address() < to && from < s.address() + s.byteSize();
    }
    final long after = d.word();
    return named
        && Descriptor.generation(after) == Descriptor.generation(word)
        && Descriptor.state(after) != Descriptor.DONE;
  }

  static List<String> names(List<Descriptor> holders) {
    return holders.stream()
        .map(d -> {
          final Owner owner = d.owner;
          return d.op + " of " + (owner == null ? "?" : owner.name());
        })
        .toList();
  }

  /** How many lives of descriptors have gone beyond PREPARED, or ended there by being abandoned. */
  long submitted() {
    long submitted = 0;
    for (DescriptorPool pool : pools) {
      submitted += pool.submitted();
    }
    return submitted;
  }

  /** How many operations of an owner on a channel have not ended; a scan. */
  long live(Owner owner, @Nullable Channel channel) {
    long live = 0;
    for (DescriptorPool pool : pools) {
      for (int i = 0; i < pool.size(); i++) {
        final Descriptor d = pool.slot(i);
        final int state = d.state();
        if (state >= Descriptor.WAITING
            && state < Descriptor.DONE
            && d.owner == owner
            && d.channel == channel) {
          live++;
        }
      }
    }
    return live;
  }

  long countQueued(Channel channel) {
    long queued = 0;
    for (DescriptorPool pool : pools) {
      for (int i = 0; i < pool.size(); i++) {
        final Descriptor d = pool.slot(i);
        if (d.state() == Descriptor.QUEUED && d.channel == channel) {
          queued++;
        }
      }
    }
    return queued;
  }
}
