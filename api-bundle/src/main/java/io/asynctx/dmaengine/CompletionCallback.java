package io.asynctx.dmaengine;

import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Told once, when an operation has ended.
 *
 * <p>Threading: runs in tasklet context, on a completion worker of the engine and under no lock,
 * or, if the operation was run synchronously, in the context of the caller that submitted it. It
 * may acknowledge, look at descriptors and stop bundles; it may not submit operations and not wait
 * for one (both throw {@link DmaContextException}). What it throws is logged and changes nothing.
 * After the owner's bundle has stopped it is not called any more.
 *
 * @see "Linux include/linux/dmaengine.h, dma_async_tx_callback_result"
 */
@ConsumerType
@FunctionalInterface
public interface CompletionCallback {

  /**
   * An operation has ended.
   *
   * @param descriptor its handle, valid at least until this method returns
   * @param result how it ended
   * @param parameter what was given with the callback
   */
  void completed(long descriptor, TransferResult result, @Nullable Object parameter);
}
