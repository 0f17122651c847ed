package io.asynctx.driver.tck;

/**
 * A rule of the driver contract that a harness saw broken.
 *
 * @param contract id of the contract it belongs to
 * @param text what happened, with values
 */
record Violation(String contract, String text) {
  @Override
  public String toString() {
    return contract + ": " + text;
  }
}
