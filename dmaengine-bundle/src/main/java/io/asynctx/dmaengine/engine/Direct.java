package io.asynctx.dmaengine.engine;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.Policy;
import io.asynctx.async.Rule;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.DmaCap;
import java.lang.foreign.MemorySegment;

/**
 * The shortest way there is: an operation that runs in its caller, waits for nothing, calls nobody
 * back and is acknowledged from the start needs no descriptor. Nobody can ask for it afterwards, so
 * there is nothing to keep; what it gives back is a handle that was recycled, as that of any
 * operation that ended and was acknowledged. It is checked, counted and protected from a close of
 * its memory like every other.
 *
 * <p>Threading: any thread. Nothing is allocated.
 */
final class Direct {
  private final Engine engine;
  private final ChannelChoice choice;
  private final long ended;

  Direct(Engine engine, ChannelChoice choice) {
    this.engine = engine;
    this.choice = choice;
    final DescriptorPool house = engine.housePool();
    final long before = house.slot(0).generation() - 1 & Handle.GENERATION_MASK;
    this.ended = Handle.of(engine.number(), house.number(), 0, before);
  }

  /** Whether an operation may go this way. */
  boolean may(DmaCap op, long length, SubmitControl control) {
    return (control.flags() & AsyncTxFlags.ACK) != 0
        && control.dependencyCount() == 0
        && control.callback() == null
        && engine.operator() == null
        && wantsToRunHere(op, length, control);
  }

  private boolean wantsToRunHere(DmaCap op, long length, SubmitControl control) {
    final Policy policy = control.policy();
    return nothingElseMay(policy)
        || control.allowSynchronous() && choice.small(op, 1, length, policy);
  }

  private static boolean nothingElseMay(Policy policy) {
    return policy.synchronous() != Rule.FORBID
        && policy.hardware() == Rule.FORBID
        && policy.emulated() == Rule.FORBID
        && policy.software() == Rule.FORBID
        && policy.channelFilter() == null;
  }

  /**
   * Copies.
   *
   * @return its handle, or NONE if it must go the long way after all
   */
  long memcpy(MemorySegment dest, MemorySegment src, long length) {
    final long epoch = engine.buffers().epoch();
    engine.operands().memcpy(dest, src, length);
    final int place = enter(engine, dest.address(), src.address(), length, epoch);
    if (place < 0) {
      return AsyncTx.NONE;
    }
    boolean ok = false;
    try {
      ok = engine.syncPath().copy(dest, src, length);
    } finally {
      engine.hazards().leave(place, ok);
    }
    return ended;
  }

  /**
   * Fills.
   *
   * @return its handle, or NONE if it must go the long way after all
   */
  long memset(MemorySegment dest, byte value, long length) {
    final long epoch = engine.buffers().epoch();
    engine.operands().memset(dest, length);
    final int place = enter(engine, dest.address(), dest.address(), length, epoch);
    if (place < 0) {
      return AsyncTx.NONE;
    }
    boolean ok = false;
    try {
      ok = engine.syncPath().fill(dest, value, length);
    } finally {
      engine.hazards().leave(place, ok);
    }
    return ended;
  }

  /**
   * Takes a place for what is about to be worked on.
   *
   * @param epoch of the buffers, from before the operands were checked
   * @return -1 if there is no place, or something was closed since that epoch
   */
  static int enter(Engine engine, long a, long b, long length, long epoch) {
    final int place = engine.hazards().enter(a, b, length);
    if (place < 0 || engine.buffers().epoch() == epoch) {
      return place;
    }
    engine.hazards().leave(place);
    return -1;
  }
}
