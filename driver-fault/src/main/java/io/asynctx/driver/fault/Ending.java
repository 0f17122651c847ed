package io.asynctx.driver.fault;

import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.CompletionSink;

/**
 * What the device said about a transfer, kept to be said later, twice, or otherwise. Immutable.
 *
 * @param how which method of the sink
 * @param tag the transfer
 * @param result of completed, or the reason of stopped
 * @param number residue of completed, done of stopped, bits of validated
 */
record Ending(How how, long tag, TransferResult result, long number) {
  /** Methods of the sink. */
  enum How {
    COMPLETED,
    VALIDATED,
    STOPPED,
    NOT_STARTED
  }

  boolean succeeded() {
    return how == How.COMPLETED && result == TransferResult.NO_ERROR;
  }

  void tell(CompletionSink sink) {
    switch (how) {
      case COMPLETED -> sink.completed(tag, result, number);
      case VALIDATED -> sink.validated(tag, (int) number);
      case STOPPED -> sink.stopped(tag, result, number);
      case NOT_STARTED -> sink.notStarted(tag);
    }
  }

  /**
   * What this says of the whole transfer when the device was shown only its beginning.
   *
   * @param reason what is said to have stopped it
   * @param part bytes the device was shown
   * @param length bytes of the transfer
   */
  Ending ofWhole(TransferResult reason, long part, long length) {
    return switch (how) {
      case COMPLETED ->
          result == TransferResult.NO_ERROR
              ? new Ending(How.STOPPED, tag, reason, part)
              : new Ending(How.COMPLETED, tag, result, number + length - part);
      case VALIDATED, STOPPED, NOT_STARTED -> this;
    };
  }
}
