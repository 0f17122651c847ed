package io.asynctx.models;

/**
 * What a model is plugged into: its way to memory, and the lines that carry its interrupts.
 *
 * <p>Threading: any thread; the interrupt methods never wait.
 */
public interface ModelHost extends DmaPort {

  /**
   * Sends an MSI-X message.
   *
   * @param vector from 0; one that nobody enabled is lost
   */
  void raiseVector(int vector);

  /** Sends the interrupt of functions without MSI-X. Lost if the host has no such line. */
  default void raiseLine() {}

  /**
   * Whether the host keeps the MSI-X table to itself. If not, the model delivers only what its own
   * table lets through.
   *
   * @return true for a host whose guest never writes to the model's table
   */
  default boolean keepsVectorTable() {
    return false;
  }
}
