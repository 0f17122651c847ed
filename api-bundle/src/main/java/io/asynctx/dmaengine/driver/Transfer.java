package io.asynctx.dmaengine.driver;

import io.asynctx.dmaengine.DmaCap;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * One piece of work for a device, within the limits the device declared. Every operand covers bytes
 * {@code [offset(), offset() + length())} of its segment.
 *
 * <pre>
 *  operation    destination(i)          source(i)                              more
 *  MEMCPY       0: to                   0: from                                may overlap, see limits
 *  MEMSET       0: to                   -                                      value()
 *  XOR          0: to                   all sources; 0 may be the destination
 *  XOR_VAL      -                       all sources                            P bit of sumCheck
 *  PQ           0: P or null, 1: Q or   data blocks, null = zeros              coefficient(i), continuation(),
 *               null                                                           accumulate()
 *  PQ_VAL       -                       data blocks, then P, then Q; null      P and Q bits of sumCheck
 *                                       = zeros, or not asked for
 *  RAID6_RECOV  0, 1: the lost blocks   data blocks, then P, then Q; the lost  failed(0), failed(1): their
 *                                       ones stand at their index too          indexes among the sources
 *  INTERRUPT    -                       -                                      completes at once
 * </pre>
 *
 * <p>Threading: read-only for the driver, and only from inside {@link ChannelOps#push}, {@link
 * ChannelOps#doorbell}, {@link ChannelOps#poll} and {@link ChannelOps#terminateAll}, from push
 * until it was reported; never from an interrupt. The object is recycled after that: keep nothing
 * of it.
 */
@ProviderType
public interface Transfer {

  /**
   * Names this transfer to the engine. Report it back unchanged.
   *
   * @return never the same twice on one channel
   */
  long tag();

  /**
   * What to do.
   *
   * @return one of the channel's capabilities
   */
  DmaCap operation();

  /**
   * Where every operand starts in its segment.
   *
   * @return in bytes
   */
  long offset();

  /**
   * How much of every operand.
   *
   * @return in bytes, at least 1; 0 for {@link DmaCap#INTERRUPT}
   */
  long length();

  /**
   * How many destinations, counting those not wanted.
   *
   * @return 0 to 2
   */
  int destinations();

  /**
   * A destination.
   *
   * @param i 0 to {@link #destinations()} - 1
   * @return its segment, or null for a syndrome that is not wanted
   */
  @Nullable MemorySegment destination(int i);

  /**
   * How many sources, counting null ones.
   *
   * @return 0 to 255
   */
  int sources();

  /**
   * A source.
   *
   * @param i 0 to {@link #sources()} - 1
   * @return its segment, or null for a block of zeros
   */
  @Nullable MemorySegment source(int i);

  /**
   * Coefficient of a source in Q; its coefficient in P is always 1. Zero means in P but not in Q.
   * It is g<sup>n</sup> for block n of the stripe, so that a later piece of a split operation
   * begins with another than g<sup>0</sup>. For a device that cannot continue by itself, what P and
   * Q hold already comes as sources too: {P, 0}, {Q, 1}, {Q, 0} where both are wanted, {P, 0} or
   * {Q, 1} where one is; these are sources and destinations at once.
   *
   * @param i 0 to {@link #sources()} - 1, {@link DmaCap#PQ} only
   * @return 0 to 255
   */
  int coefficient(int i);

  /**
   * Index of a lost block, the one that {@code destination(which)} is.
   *
   * @param which 0 or 1, {@link DmaCap#RAID6_RECOV} only
   * @return index among the sources
   */
  int failed(int which);

  /**
   * The byte to fill with.
   *
   * @return meaningful for {@link DmaCap#MEMSET} only
   */
  byte value();

  /**
   * Whether P and Q go on from what an earlier piece left in them; only for devices that said they
   * can.
   *
   * @return meaningful for {@link DmaCap#PQ} only
   */
  boolean continuation();

  /**
   * Whether the contribution is exclusive-ored into what P and Q hold.
   *
   * @return meaningful for {@link DmaCap#PQ} only, and only for devices that said they can
   */
  boolean accumulate();
}
