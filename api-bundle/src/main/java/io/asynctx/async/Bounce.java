package io.asynctx.async;

/**
 * Whether an operation may be run on pooled buffers of the engine instead of its own operands, with
 * a copy before and a copy after. The provenance says so.
 */
public enum Bounce {
  /** Never: memory a device cannot be given goes to a provider that uses checked access. */
  NEVER,
  /** For a device that takes only memory that cannot be closed, if an operand is other memory. */
  FOREIGN,
  /**
   * On every device. What the device does then shows in no operand before it has ended without
   * error, so every operation can be run again.
   */
  ALWAYS
}
