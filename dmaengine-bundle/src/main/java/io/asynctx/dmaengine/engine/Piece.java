package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.raid.Gf256;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Which part of an operation a device is given, within its limits: the one place that splits.
 *
 * <ul>
 *   <li>by bytes, above {@link DeviceLimits#maxTransfer()};
 *   <li>XOR by sources: the first piece takes m of them, each further one the destination and m -
 *       1;
 *   <li>PQ by sources: further pieces go on from what P and Q hold, natively, or by taking them in
 *       as sources: {P, coefficient 0}, {Q, 1}, {Q, 0} where both are wanted, one of them where one
 *       is.
 * </ul>
 *
 * <p>All pieces of an operation use the one descriptor; the operation starts again by {@link
 * #reset}.
 *
 * <p>Threading: the owner of the descriptor.
 *
 * @see "Linux crypto/async_tx/async_xor.c and async_pq.c; DeviceLimits"
 */
final class Piece {

  private final Descriptor d;
  private long offset;
  private long length;
  private int first;
  private int fresh;
  private int implied;
  private boolean continuing;
  private int alignment;

  Piece(Descriptor d) {
    this.d = d;
  }

  /** Back to the start, unsplit. Looks before it writes, as all of these do. */
  void reset() {
    if ((offset | first | alignment) != 0) {
      offset = 0;
      first = 0;
      alignment = 0;
    }
    cut(d.length, d.sources, 0, false);
  }

  private void cut(long length, int fresh, int implied, boolean continuing) {
    if (this.length != length) {
      this.length = length;
    }
    if (this.fresh != fresh) {
      this.fresh = fresh;
    }
    if (this.implied != implied || this.continuing != continuing) {
      this.implied = implied;
      this.continuing = continuing;
    }
  }

  /** Where it goes on after it was stopped, as a trait; see {@link Fit}. */
  int alignment() {
    return alignment;
  }

  /** Whether an earlier piece has been done. */
  boolean started() {
    return offset != 0 || first != 0;
  }

  /** Whether what is left can go on where limits are these, without starting again. */
  boolean resumable(DeviceLimits limits) {
    return first == 0 || length <= limits.maxTransfer();
  }

  /** Cuts the piece that comes now to the limits of the device that gets it. */
  void fit(DeviceLimits limits) {
    final long bytes = first == 0 ? Math.min(limits.maxTransfer(), d.length - offset) : length;
    final int left = d.sources - first;
    switch (d.op) {
      case XOR -> {
        final int onto = first == 0 ? 0 : 1;
        cut(bytes, Math.min(left, limits.maxXor() - onto), onto, false);
      }
      case PQ -> {
        final boolean further = first != 0 && !accumulate();
        final int held = further && !limits.pqContinuation() ? impliedSyndromes() : 0;
        cut(bytes, Math.min(left, limits.maxPq() - held), held, further);
      }
      default -> cut(bytes, d.sources, 0, false);
    }
  }

  /** On to the next piece; false iff there is none. */
  boolean advance() {
    if (first + fresh < d.sources) {
      first += fresh;
      return true;
    }
    if (offset + length >= d.length) {
      return false; // and nothing is written: the other side of the channel fills it anew
    }
    first = 0;
    offset += length;
    return true;
  }

  /**
   * The device stopped in this piece after so many bytes of it; false iff one cannot go on from
   * there, and the operation must start again.
   */
  boolean stopAfter(long done) {
    if (done == 0) {
      return true;
    }
    if (d.destinations == 0 || (d.traits & Fit.OVERLAPS) != 0 || first + fresh < d.sources) {
      return false;
    }
    offset += done;
    length -= done; // of a later piece; a first one is cut anew
    alignment |= Fit.alignment(offset);
    return true;
  }

  /** How many sources a continued PQ spends on what P and Q hold already. */
  private int impliedSyndromes() {
    return d.destination(0) != null && d.destination(1) != null ? 3 : 1;
  }

  /** Whether PQ of so many sources can be done in pieces of at most {@code limits.maxPq()}. */
  static boolean splittable(int sources, boolean both, boolean accumulate, DeviceLimits limits) {
    final int implied = accumulate || limits.pqContinuation() ? 0 : both ? 3 : 1;
    return sources <= limits.maxPq() || limits.maxPq() > implied;
  }

  long offset() {
    return offset;
  }

  long length() {
    return length;
  }

  int sources() {
    return fresh + implied;
  }

  /** Index of the first source that is new in this piece. */
  int first() {
    return first;
  }

  /** How many sources are new in this piece. */
  int fresh() {
    return fresh;
  }

  @Nullable MemorySegment source(int i) {
    if (i >= implied) {
      return d.wholeSource(first + i - implied);
    }
    if (implied == 3) {
      return d.destination(i == 0 ? 0 : 1);
    }
    final MemorySegment p = d.destination(0);
    return p != null ? p : d.destination(1);
  }

  int coefficient(int i) {
    if (i >= implied) {
      return Gf256.exp(first + i - implied);
    }
    if (implied == 3) {
      return i == 1 ? 1 : 0;
    }
    return d.destination(0) != null ? 0 : 1;
  }

  boolean continuation() {
    return continuing && implied == 0;
  }

  boolean accumulate() {
    return (d.flags & DmaChannel.PREP_PQ_XOR_DST) != 0;
  }
}
