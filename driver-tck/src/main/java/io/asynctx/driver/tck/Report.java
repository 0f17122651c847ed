package io.asynctx.driver.tck;

import io.asynctx.dmaengine.TransferResult;

/**
 * What a driver said about a transfer.
 *
 * @param kind which method of the sink
 * @param result of completed; else no error
 * @param residue of completed
 * @param sumCheck of validated
 */
record Report(Kind kind, TransferResult result, long residue, int sumCheck) {
  /** Methods of the sink. */
  enum Kind {
    COMPLETED,
    VALIDATED,
    NOT_STARTED
  }

  static Report completed(TransferResult result, long residue) {
    return new Report(Kind.COMPLETED, result, residue, 0);
  }

  static Report validated(int sumCheck) {
    return new Report(Kind.VALIDATED, TransferResult.NO_ERROR, 0, sumCheck);
  }

  static Report notStarted() {
    return new Report(Kind.NOT_STARTED, TransferResult.NO_ERROR, 0, 0);
  }

  boolean done() {
    return kind != Kind.NOT_STARTED && result == TransferResult.NO_ERROR;
  }
}
