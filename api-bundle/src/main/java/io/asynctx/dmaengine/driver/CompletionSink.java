package io.asynctx.dmaengine.driver;

import io.asynctx.dmaengine.TransferResult;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Where a driver reports. It records and does nothing else: it never calls back into the driver.
 *
 * <p>Threading: only from inside the {@link ChannelOps#poll} or {@link ChannelOps#terminateAll} it
 * was handed to. Each pushed transfer is reported exactly once, in any order. A report for a
 * transfer unknown, reported before, or after terminate is refused, counted against the driver and
 * logged.
 */
@ProviderType
public interface CompletionSink {

  /**
   * A transfer has ended.
   *
   * @param tag the transfer
   * @param result how; {@link TransferResult#NO_ERROR}, or what failed
   * @param residue bytes of it not done; 0 after success
   */
  void completed(long tag, TransferResult result, long residue);

  /**
   * A validate transfer has ended without error.
   *
   * @param tag the transfer
   * @param sumCheck bits as in {@link io.asynctx.dmaengine.SumCheck}
   */
  void validated(long tag, int sumCheck);

  /**
   * A transfer has stopped before its end, and it is known exactly where: the first {@code done}
   * bytes of each destination are done, nothing behind them was written, and the device does not go
   * on. The engine does the rest, here or elsewhere. A driver that does not know this to the byte
   * reports {@link #completed} with the error, or leaves the transfer out of terminateAll.
   *
   * @param tag the transfer
   * @param reason what stopped it; {@link TransferResult#NO_ERROR} if nothing failed, e.g. from
   *     {@link ChannelOps#terminateAll}
   * @param done bytes done, 0 to its length - 1
   */
  void stopped(long tag, TransferResult reason, long done);

  /**
   * A transfer was taken but not one byte of it was written; only from {@link
   * ChannelOps#terminateAll}. The engine runs it elsewhere.
   *
   * @param tag the transfer
   */
  void notStarted(long tag);
}
