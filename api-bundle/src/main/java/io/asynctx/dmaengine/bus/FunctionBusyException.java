package io.asynctx.dmaengine.bus;

import java.io.Serial;

/** Somebody else has the function. */
public final class FunctionBusyException extends IllegalStateException {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * Says which function, and who has it.
   *
   * @param function its address and ids
   * @param owner who has it, as far as is known, e.g. {@code ioat0} or {@code another process}
   */
  public FunctionBusyException(PciIdentity function, String owner) {
    super(
        "PCI function in use: function="
            + function
            + ", owner="
            + owner
            + "; stop its owner, or use another function");
  }
}
