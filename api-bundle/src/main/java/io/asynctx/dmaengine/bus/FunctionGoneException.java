package io.asynctx.dmaengine.bus;

import java.io.Serial;

/** The function has left the bus; nothing brings it back. */
public final class FunctionGoneException extends IllegalStateException {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * Says which function.
   *
   * @param function its address and ids
   */
  public FunctionGoneException(PciIdentity function) {
    super("PCI function gone: function=" + function + "; wait for another PciFunction service");
  }
}
