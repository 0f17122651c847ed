package io.asynctx.driver.isal;

import org.junit.jupiter.api.Assumptions;

/**
 * The real library, where it is installed. The build fetches nothing: without it these tests are
 * skipped, and say why. Another file can be named: {@code mvn -Disal.library=FILE}.
 */
final class Installed {
  static final String LIBRARY = System.getProperty("isal.library", "");

  private Installed() {}

  /** A hold on it, or the test is skipped. */
  static IsalLibrary open() {
    try {
      return IsalLibrary.open(LIBRARY);
    } catch (UnusableException e) {
      return Assumptions.abort("ISA-L is not here: " + e.getMessage());
    }
  }

  /** Skips the test if it is not here. */
  static void assume() {
    open().close();
  }
}
