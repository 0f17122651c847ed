package io.asynctx.dmaengine;

import io.asynctx.dmaengine.driver.DeviceLimits;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * One channel, as one client holds it. A client gets one by answering ACK to AVAILABLE, by {@link
 * DmaEngine#requestExclusive}, or as an OSGi service; all three are leases in one ledger.
 *
 * <p><b>Life of a descriptor.</b> {@code prep…} takes one from a pool and fills it; {@link
 * #dependsOn} and {@link #callback} wire it; {@link #submit} hands it to the engine, or {@link
 * #abandon} gives it back. A submitted operation runs after all its parents, and not before {@link
 * #issuePending}, a wait, or the device's batch threshold. When it has ended and is acknowledged,
 * its slot is recycled and the handle is stale.
 *
 * <p><b>Operands</b> cover bytes {@code [0, len)} of the segments given: slice to say otherwise.
 * They may be native or heap segments unless the channel's device needs native memory of {@link
 * io.asynctx.memory.DmaBuffers} ({@link DeviceLimits#pinnedMemoryOnly()}). A segment confined to a
 * thread is refused here; a destination must be writable; nothing may be closed already. All of it
 * is checked at {@code prep…}, before any byte moves. Arrays are read at the call and not kept.
 *
 * <p><b>Order</b> exists only along dependencies, also on one channel.
 *
 * <p>Errors common to all {@code prep…}: {@link IllegalArgumentException} for a count, length,
 * overlap, alignment or kind of memory that breaks the rules, with the values; {@link
 * IllegalStateException} for a closed segment; {@link UnsupportedOperationException} if the channel
 * lacks the capability; {@link ChannelGoneException} after the device left or the lease ended;
 * {@link EngineStoppedException}; {@link DmaContextException} in a callback or in IRQ context. In
 * each case nothing was taken.
 *
 * <p>Threading: any thread. A descriptor that is prepared and not yet submitted belongs to the
 * thread that prepared it.
 *
 * @see "Linux include/linux/dmaengine.h, struct dma_chan and struct dma_async_tx_descriptor"
 */
@ProviderType
public interface DmaChannel {

  /** The handle that stands for no descriptor. */
  long NONE = 0;

  /**
   * No flag.
   *
   * @see #PREP_ACK
   */
  long PREP_NONE = 0;

  /** Acknowledged from the start: recycled as soon as it has ended and its callback has run. */
  long PREP_ACK = 1L << 2;

  /** The next operation of the chain reads what this one wrote. A hint; an edge orders anyway. */
  long PREP_FENCE = 1L << 3;

  /** P/Q only: exclusive-or the contribution into what P and Q hold already. */
  long PREP_PQ_XOR_DST = 1L << 4;

  /** XOR only: the destination is the first source, in place. */
  long PREP_XOR_DROP_DST = 1L << 1;

  /**
   * Name of the channel.
   *
   * @return device and number, e.g. {@code soft0/1}
   */
  String name();

  /**
   * Name of its device.
   *
   * @return e.g. {@code soft0}
   */
  String device();

  /**
   * What it can do.
   *
   * @return an immutable mask
   */
  DmaCaps capabilities();

  /**
   * What its device can do in one go. The engine splits what is larger, where it can.
   *
   * @return an immutable record
   */
  DeviceLimits limits();

  /**
   * Service properties of the channel, names in {@link DmaConstants}.
   *
   * @return an immutable map
   */
  Map<String, Object> properties();

  /**
   * Service properties of its device: the way from a channel to what only its platform knows.
   *
   * @return an immutable map of {@code java.*} values
   */
  Map<String, Object> deviceProperties();

  /**
   * Its state at this moment.
   *
   * @return the state
   */
  ChannelState state();

  /**
   * Prepares a copy. Overlapping ranges are allowed, and end as if copied through a third place.
   *
   * @param dst {@code len} bytes or more, written
   * @param src {@code len} bytes or more, read
   * @param len in bytes, at least 1
   * @param flags {@link #PREP_ACK}, {@link #PREP_FENCE} or none
   * @return a handle to submit or abandon, or {@link #NONE} iff the pool has no free slot
   */
  long prepMemcpy(MemorySegment dst, MemorySegment src, long len, long flags);

  /**
   * Prepares a fill.
   *
   * @param dst {@code len} bytes or more, written
   * @param value the byte
   * @param len in bytes, at least 1
   * @param flags {@link #PREP_ACK}, {@link #PREP_FENCE} or none
   * @return a handle to submit or abandon, or {@link #NONE} iff the pool has no free slot
   */
  long prepMemset(MemorySegment dst, byte value, long len, long flags);

  /**
   * Prepares an exclusive or of all sources into {@code dst}. Without {@link #PREP_XOR_DROP_DST}
   * the destination overlaps no source; with it, it is exactly the first source.
   *
   * @param dst {@code len} bytes or more, written
   * @param srcs of these the first {@code count} are read, each of {@code len} bytes or more
   * @param count at least 2, at most 255; above {@link DeviceLimits#maxXor()} the engine splits
   * @param len in bytes, at least 1
   * @param flags {@link #PREP_XOR_DROP_DST}, {@link #PREP_ACK}, {@link #PREP_FENCE} or none
   * @return a handle to submit or abandon, or {@link #NONE} iff the pool has no free slot
   */
  long prepXor(MemorySegment dst, MemorySegment[] srcs, int count, long len, long flags);

  /**
   * Prepares a check whether the exclusive or of all sources is zero. Writes nothing but {@code
   * result}.
   *
   * @param srcs of these the first {@code count} are read, each of {@code len} bytes or more
   * @param count at least 2, at most {@link DeviceLimits#maxXor()}
   * @param len in bytes, at least 1
   * @param result cleared now; {@link SumCheck#P_WRONG} if it is not zero
   * @param flags {@link #PREP_ACK}, {@link #PREP_FENCE} or none
   * @return a handle to submit or abandon, or {@link #NONE} iff the pool has no free slot
   */
  long prepXorVal(MemorySegment[] srcs, int count, long len, @Nullable SumCheck result, long flags);

  /**
   * Prepares the RAID-6 syndromes of a stripe. {@code blocks[0 … disks-3]} are data, data block
   * <i>i</i> with the coefficient g<sup>i</sup> (field polynomial 0x11D, g = 2); {@code
   * blocks[disks-2]} is P and {@code blocks[disks-1]} Q. A null data block stands for zeros; P or Q
   * may be null, meaning not wanted, but not both. P and Q overlap nothing else.
   *
   * @param blocks each of {@code len} bytes or more
   * @param disks at least 3, at most 255, at least one data block present
   * @param len in bytes, at least 1
   * @param flags {@link #PREP_PQ_XOR_DST}, {@link #PREP_ACK}, {@link #PREP_FENCE} or none
   * @return a handle to submit or abandon, or {@link #NONE} iff the pool has no free slot
   */
  long prepPq(@Nullable MemorySegment[] blocks, int disks, long len, long flags);

  /**
   * Prepares a check of P and Q against the data. Blocks as in {@link #prepPq}. Writes nothing but
   * {@code result}.
   *
   * @param blocks each of {@code len} bytes or more
   * @param disks at least 3, at most 255
   * @param len in bytes, at least 1
   * @param result cleared now; {@link SumCheck#P_WRONG} and {@link SumCheck#Q_WRONG} as found
   * @param flags {@link #PREP_ACK}, {@link #PREP_FENCE} or none
   * @return a handle to submit or abandon, or {@link #NONE} iff the pool has no free slot
   */
  long prepPqVal(
      @Nullable MemorySegment[] blocks, int disks, long len, @Nullable SumCheck result, long flags);

  /**
   * Prepares the recovery of two lost blocks: two data blocks, or one data block and P ({@code
   * disks-2}). Blocks as in {@link #prepPq}, with P and Q present; the lost ones are written, the
   * others only read. The lost blocks overlap nothing else.
   *
   * @param blocks each of {@code len} bytes or more
   * @param disks at least 4, at most 255
   * @param len in bytes, at least 1
   * @param failedA index of one lost block
   * @param failedB index of the other
   * @param flags {@link #PREP_ACK}, {@link #PREP_FENCE} or none
   * @return a handle to submit or abandon, or {@link #NONE} iff the pool has no free slot
   */
  long prepRecovery(
      @Nullable MemorySegment[] blocks, int disks, long len, int failedA, int failedB, long flags);

  /**
   * Prepares an operation without data, for its dependencies and its callback.
   *
   * @param flags {@link #PREP_ACK} or none
   * @return a handle to submit or abandon, or {@link #NONE} iff the pool has no free slot
   */
  long prepInterrupt(long flags);

  /**
   * Lets a prepared operation wait for one submitted before. If the parent fails, the child ends as
   * {@link TransferResult#ABORTED}, naming it.
   *
   * @param child prepared, not yet submitted
   * @param parent submitted, of any channel of the same engine, not yet acknowledged
   * @throws StaleDescriptorException if either was recycled
   * @throws IllegalStateException if the child was submitted already, the parent was not, or the
   *     parent was acknowledged already
   */
  void dependsOn(long child, long parent);

  /**
   * Gives a prepared operation its callback.
   *
   * @param descriptor prepared, not yet submitted
   * @param callback null for none
   * @param parameter handed to the callback
   * @throws StaleDescriptorException if it was recycled
   * @throws IllegalStateException if it was submitted already
   */
  void callback(long descriptor, @Nullable CompletionCallback callback, @Nullable Object parameter);

  /**
   * Hands a prepared operation to the engine. It cannot fail for want of room. If the driver left
   * since, the operation goes to another channel.
   *
   * @param descriptor prepared
   * @return {@code descriptor}
   * @throws StaleDescriptorException if it was recycled
   * @throws IllegalStateException if it was submitted already
   * @throws DmaContextException in a callback or in IRQ context
   */
  long submit(long descriptor);

  /**
   * Gives a prepared descriptor back. Nothing ran.
   *
   * @param descriptor prepared
   * @throws StaleDescriptorException if it was recycled
   * @throws IllegalStateException if it was submitted already
   */
  void abandon(long descriptor);

  /** Gives the device everything submitted to this channel so far. Cheap if there is nothing. */
  void issuePending();

  /**
   * Where an operation stands.
   *
   * @param descriptor a handle of this engine
   * @return its status
   * @throws StaleDescriptorException if it was recycled
   */
  DmaStatus status(long descriptor);

  /**
   * Acknowledges an operation: nobody will ask about it, or depend on it, any more. Once it has
   * ended its slot is recycled. A second time does nothing while the handle is valid.
   *
   * @param descriptor submitted
   * @throws StaleDescriptorException if it was recycled
   * @throws IllegalStateException if it was not submitted
   */
  void ack(long descriptor);

  /**
   * Waits until an operation has ended: issues what is pending, spins, yields, parks. May run other
   * operations of an idle channel meanwhile.
   *
   * @param descriptor submitted, not yet acknowledged
   * @param timeout how long at most; zero looks once
   * @return how it went
   * @throws StaleDescriptorException if it was recycled
   * @throws EngineStoppedException if the engine stops meanwhile and the operation has no result
   * @throws DmaContextException in a callback or in IRQ context
   */
  WaitResult waitFor(long descriptor, Duration timeout);

  /**
   * A readable picture of a descriptor. Allocates.
   *
   * @param descriptor a handle of this engine
   * @return the picture
   * @throws StaleDescriptorException if it was recycled
   */
  DescriptorSnapshot describe(long descriptor);
}
