package io.asynctx.driver.tck;

import java.io.Serial;

/** A contract does not apply; the message says why. */
final class ContractSkipped extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  ContractSkipped(String reason) {
    super(reason);
  }
}
