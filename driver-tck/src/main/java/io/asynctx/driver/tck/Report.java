package io.asynctx.driver.tck;

import io.asynctx.dmaengine.TransferResult;

/**
 * What a driver said about a transfer.
 *
 * @param kind which method of the sink
 * @param result of completed; else no error
 * @param residue bytes not done, of completed
 * @param done bytes done, of stopped
 * @param sumCheck of validated
 */
record Report(Kind kind, TransferResult result, long residue, long done, int sumCheck) {
  /** Methods of the sink. */
  enum Kind {
    COMPLETED,
    VALIDATED,
    STOPPED,
    NOT_STARTED
  }

  static Report completed(TransferResult result, long residue) {
    return new Report(Kind.COMPLETED, result, residue, 0, 0);
  }

  static Report validated(int sumCheck) {
    return new Report(Kind.VALIDATED, TransferResult.NO_ERROR, 0, 0, sumCheck);
  }

  static Report stopped(TransferResult reason, long done) {
    return new Report(Kind.STOPPED, reason, 0, done, 0);
  }

  static Report notStarted() {
    return new Report(Kind.NOT_STARTED, TransferResult.NO_ERROR, 0, 0, 0);
  }

  /** Whether all of it was done. */
  boolean succeeded() {
    return (kind == Kind.COMPLETED || kind == Kind.VALIDATED) && result == TransferResult.NO_ERROR;
  }
}
