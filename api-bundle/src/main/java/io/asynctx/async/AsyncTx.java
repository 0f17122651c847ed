package io.asynctx.async;

import io.asynctx.dmaengine.DescriptorSnapshot;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.WaitResult;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Asynchronous transfers and transforms, on whatever engines are there right now, on the CPU when
 * none is. A bundle-scoped service. Each operation is defined, operands and all, with the method of
 * the same work in {@link DmaChannel}; what is said there of shapes, overlap and errors holds here.
 *
 * <p><b>Every call returns a descriptor</b>, also for what ran synchronously, unless the policy
 * says {@link PoolEmpty#FAIL} and there was no room: then it returns {@link #NONE} and nothing has
 * run. The operation is not started before the device's batch threshold, {@link #issuePendingAll},
 * or a wait.
 *
 * <p><b>Acknowledge</b> in one of three ways: the flag {@link AsyncTxFlags#ACK} at submission;
 * {@link AsyncTxFlags#DEP_ACK} on an operation that depends on it; {@link #ack}. An operation that
 * has ended and is not acknowledged keeps its slot.
 *
 * <p><b>Two constraints</b>, as in the document: no call in IRQ context, and no submission or wait
 * in a completion callback; both throw {@link io.asynctx.dmaengine.DmaContextException}.
 * Continuations of {@link Chain} may submit.
 *
 * <p>If no provider is allowed by the policy and able to do the operation, the call throws {@link
 * UnsupportedOperationException} with each provider's reason.
 *
 * <p>Threading: any thread.
 *
 * @see "Linux Documentation/crypto/async-tx-api.txt"
 */
@ProviderType
public interface AsyncTx {

  /** The handle that stands for no descriptor. */
  long NONE = DmaChannel.NONE;

  /**
   * Copies.
   *
   * @param dest {@code len} bytes or more
   * @param src {@code len} bytes or more
   * @param len in bytes, at least 1
   * @param submit flags, dependencies, callback, policy; copied
   * @return its handle
   * @see DmaChannel#prepMemcpy
   */
  long memcpy(MemorySegment dest, MemorySegment src, long len, SubmitControl submit);

  /**
   * Fills.
   *
   * @param dest {@code len} bytes or more
   * @param value the byte
   * @param len in bytes, at least 1
   * @param submit flags, dependencies, callback, policy; copied
   * @return its handle
   * @see DmaChannel#prepMemset
   */
  long memset(MemorySegment dest, byte value, long len, SubmitControl submit);

  /**
   * Exclusive-ors all sources into the destination. Exactly one of {@link
   * AsyncTxFlags#XOR_ZERO_DST} (the destination is not a source) and {@link
   * AsyncTxFlags#XOR_DROP_DST} (it is, as {@code srcs[0]}) must be set.
   *
   * @param dest {@code len} bytes or more
   * @param srcs each of {@code len} bytes or more; not kept
   * @param count how many of {@code srcs}, at least 2, at most 255
   * @param len in bytes, at least 1
   * @param submit flags, dependencies, callback, policy; copied
   * @return its handle
   * @see DmaChannel#prepXor
   */
  long xor(MemorySegment dest, MemorySegment[] srcs, int count, long len, SubmitControl submit);

  /**
   * Tells whether the exclusive or of all sources is zero. Writes nothing but the result.
   *
   * @param srcs each of {@code len} bytes or more; not kept
   * @param count how many of {@code srcs}, at least 2, at most 255
   * @param len in bytes, at least 1
   * @param result the answer, there when the operation has ended
   * @param submit flags, dependencies, callback, policy; copied
   * @return its handle
   * @see DmaChannel#prepXorVal
   */
  long xorVal(
      MemorySegment[] srcs, int count, long len, @Nullable SumCheck result, SubmitControl submit);

  /**
   * {@link #xorVal} under the name it had in 2007.
   *
   * @param srcs as there
   * @param count as there
   * @param len as there
   * @param result as there
   * @param submit as there
   * @return its handle
   */
  default long xorZeroSum(
      MemorySegment[] srcs, int count, long len, @Nullable SumCheck result, SubmitControl submit) {
    return xorVal(srcs, count, len, result, submit);
  }

  /**
   * Generates P and Q of a stripe: data blocks, then P, then Q.
   *
   * @param blocks each of {@code len} bytes or more, or null as in {@link DmaChannel#prepPq}; not
   *     kept
   * @param disks how many of {@code blocks}, at least 3, at most 255
   * @param len in bytes, at least 1
   * @param submit flags, dependencies, callback, policy; copied
   * @return its handle
   * @see DmaChannel#prepPq
   */
  long pq(@Nullable MemorySegment[] blocks, int disks, long len, SubmitControl submit);

  /**
   * Tells whether P and Q fit the data. Writes nothing but the result.
   *
   * @param blocks each of {@code len} bytes or more, or null as in {@link DmaChannel#prepPqVal};
   *     not kept
   * @param disks how many of {@code blocks}, at least 3, at most 255
   * @param len in bytes, at least 1
   * @param result the answer, there when the operation has ended
   * @param submit flags, dependencies, callback, policy; copied
   * @return its handle
   * @see DmaChannel#prepPqVal
   */
  long pqVal(
      @Nullable MemorySegment[] blocks,
      int disks,
      long len,
      @Nullable SumCheck result,
      SubmitControl submit);

  /**
   * Rebuilds two lost data blocks in place.
   *
   * @param blocks each of {@code len} bytes or more, or null for a data block of zeros; not kept
   * @param disks how many of {@code blocks}, at least 4, at most 255
   * @param len in bytes, at least 1
   * @param failedA index of one lost data block
   * @param failedB index of the other
   * @param submit flags, dependencies, callback, policy; copied
   * @return its handle
   * @see DmaChannel#prepRecovery
   */
  long raid6TwoDataRecovery(
      @Nullable MemorySegment[] blocks,
      int disks,
      long len,
      int failedA,
      int failedB,
      SubmitControl submit);

  /**
   * Rebuilds a lost data block and P in place.
   *
   * @param blocks each of {@code len} bytes or more, or null for a data block of zeros; not kept
   * @param disks how many of {@code blocks}, at least 4, at most 255
   * @param len in bytes, at least 1
   * @param failed index of the lost data block
   * @param submit flags, dependencies, callback, policy; copied
   * @return its handle
   * @see DmaChannel#prepRecovery
   */
  long raid6DataAndPRecovery(
      @Nullable MemorySegment[] blocks, int disks, long len, int failed, SubmitControl submit);

  /**
   * Runs the callback after the dependencies have ended; without any, at once. Moves no data.
   *
   * @param submit flags, dependencies, callback, policy; copied
   * @return its handle
   * @see DmaChannel#prepInterrupt
   */
  long triggerCallback(SubmitControl submit);

  /**
   * Acknowledges an operation.
   *
   * @param descriptor a handle
   * @see DmaChannel#ack
   */
  void ack(long descriptor);

  /**
   * Where an operation stands.
   *
   * @param descriptor a handle
   * @return its status
   * @see DmaChannel#status
   */
  DmaStatus status(long descriptor);

  /**
   * A readable picture of a descriptor. Allocates.
   *
   * @param descriptor a handle
   * @return the picture
   * @see DmaChannel#describe
   */
  DescriptorSnapshot describe(long descriptor);

  /**
   * Waits until an operation has ended, and everything before it.
   *
   * @param descriptor a handle; {@link #NONE} is complete at once
   * @param timeout how long at most
   * @return how it went
   * @see DmaChannel#waitFor
   */
  WaitResult waitFor(long descriptor, Duration timeout);

  /**
   * Waits until an operation has ended, and acknowledges it.
   *
   * @param descriptor a handle not yet acknowledged; {@link #NONE} is complete at once
   * @param timeout how long at most
   * @return how it went; after {@link WaitResult#TIMED_OUT} it is not acknowledged
   * @throws IllegalStateException if it is acknowledged already
   * @see "async_tx_quiesce"
   */
  WaitResult quiesce(long descriptor, Duration timeout);

  /**
   * Issues what is pending on the channel that has this operation.
   *
   * @param descriptor a handle; {@link #NONE} does nothing
   */
  void issuePending(long descriptor);

  /** Issues what is pending on every channel. */
  void issuePendingAll();

  /**
   * Starts building a chain of named steps.
   *
   * @param name shown in reports
   * @return a builder, owned by the calling thread
   */
  ChainBuilder chain(String name);
}
