package io.asynctx.driver.tck;

/**
 * What became of one contract.
 *
 * @param contract the contract
 * @param outcome what became of it
 * @param reason why it failed or was skipped; empty if it passed
 * @param millis how long it took
 */
public record TckResult(TckContract contract, Outcome outcome, String reason, long millis) {

  /** Ways for a contract to end. */
  public enum Outcome {
    /** Kept. */
    PASSED,
    /** Broken, or the driver hung. */
    FAILED,
    /** Does not apply; the reason says why. */
    SKIPPED
  }

  @Override
  public String toString() {
    return outcome
        + " "
        + contract
        + " ("
        + millis
        + " ms)"
        + (reason.isEmpty() ? "" : ": " + reason);
  }
}
