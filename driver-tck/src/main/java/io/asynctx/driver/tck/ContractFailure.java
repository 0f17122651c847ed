package io.asynctx.driver.tck;

import java.io.Serial;

/** A contract is broken; the message says how. */
final class ContractFailure extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  ContractFailure(String message) {
    super(message);
  }
}
