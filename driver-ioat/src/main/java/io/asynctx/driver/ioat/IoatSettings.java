package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.bus.PciFunction;
import java.util.Set;

/**
 * What is configured for every device of this driver. Immutable.
 *
 * @param depth most transfers of a channel at a time, a power of two
 * @param batchThreshold how many operations come together before they are issued
 * @param interrupts whether channels interrupt; else they are polled
 * @param delayMicros how long interrupts are held back, where the part can
 */
record IoatSettings(int depth, int batchThreshold, boolean interrupts, int delayMicros) {
  /** A channel counts at most 65535 descriptors at a time, three of them to a transfer. */
  static final int MOST_DEPTH = 8192;

  static final int MOST_DELAY = IoatRegisters.INTRDELAY_MASK;

  /** Interrupts where the part keeps them over a reset. */
  static final String AUTO = "auto";

  static final String ON = "on";
  static final String OFF = "off";

  private static final Set<String> WORDS = Set.of(AUTO, ON, OFF);

  /**
   * Checks everything.
   *
   * @throws IllegalArgumentException if a value is not allowed, naming it
   */
  IoatSettings {
    if (depth < 2 || depth > MOST_DEPTH || Integer.bitCount(depth) != 1) {
      throw refused("depth=" + depth + ", min=2, max=" + MOST_DEPTH + ", a power of two");
    }
    if (batchThreshold < 1 || batchThreshold > depth) {
      throw refused("batch=" + batchThreshold + ", min=1, max=depth=" + depth);
    }
    if (delayMicros < 0 || delayMicros > MOST_DELAY) {
      throw refused("interrupt.delay=" + delayMicros + ", min=0, max=" + MOST_DELAY);
    }
  }

  /**
   * Checks a word for interrupts.
   *
   * @return the same
   * @throws IllegalArgumentException if it is none, naming it
   */
  static String interrupts(String word) {
    if (!WORDS.contains(word)) {
      throw refused("interrupts=" + word + ", known=auto, on, off");
    }
    return word;
  }

  /**
   * For one function. A reset of a channel of version 3.3 loses the first MSI-X vector, and the
   * host lets nobody write it back: such a part interrupts only if told to.
   */
  IoatSettings on(PciFunction function, String word) {
    final IoatGeneration generation = IoatGeneration.of(function.identity().device());
    final boolean keeps = generation == null || generation.keepsVectors();
    return new IoatSettings(
        depth, batchThreshold, interrupts && (keeps || word.equals(ON)), delayMicros);
  }

  private static IllegalArgumentException refused(String values) {
    return new IllegalArgumentException(
        "configuration refused: " + values + "; mend " + IoatReport.PID);
  }
}
