package io.asynctx.models.ioat;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Ways in which a model can be wrong on purpose. What an occasion is stands with each. */
public enum Fault {
  /** A source address is refused (CHANERR 0). Occasion: an operation with data. */
  ADDRESS_ERROR,
  /** A destination address is refused (CHANERR 1). Occasion: an operation with data. */
  DESTINATION_ERROR,
  /** Data read is bad (CHANERR 8). Occasion: an operation with data. */
  READ_DATA_ERROR,
  /** Data cannot be written (CHANERR 9). Occasion: an operation with data. */
  WRITE_DATA_ERROR,
  /** The channel halts and gives no reason. Occasion: an operation with data. */
  HALT,
  /** The channel stops working and says it is active, until a reset. Occasion: a descriptor. */
  STUCK,
  /** A suspend or reset of a channel has no effect. Occasion: such a command. */
  NEVER_QUIET,
  /** An interrupt is not sent. Occasion: an interrupt. */
  LOST_INTERRUPT,
  /** A completion is written after its interrupt, milliseconds late. Occasion: a completion. */
  LATE_COMPLETION,
  /** A bit of the result is wrong. Occasion: an operation that writes data. */
  BIT_FLIP,
  /** The field of Q has polynomial 0x11b instead of 0x11d. Occasion: an operation with Q. */
  WRONG_POLYNOMIAL,
  /** A check finds nothing. Occasion: a check. */
  VALIDATE_NEVER_FAILS,
  /** An extended descriptor is not counted. Occasion: a descriptor that has one. */
  EXT_NOT_COUNTED,
  /** A channel stays halted when it is given a chain. Occasion: a write of the chain's address. */
  NO_ARMED,
  /** A channel begins late, and says only then that it is active. Occasion: a doorbell. */
  LATE_ACTIVE,
  /** A completion names no descriptor. Occasion: a completion. */
  WRONG_COMPLETION,
  /** A completion names the descriptor before the last one. Occasion: a completion. */
  COMPLETION_BACKWARDS,
  /** A completion is written, but no data. Occasion: an operation that writes data. */
  NO_DATA,
  /** Counts and versions read differently from now on. Occasion: a doorbell. */
  REGISTERS_CHANGE,
  /** The function is gone. Occasion: a doorbell. */
  VANISH;

  /**
   * As people type it.
   *
   * @return e.g. {@code bit-flip}
   */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The fault of a word.
   *
   * @param word e.g. {@code bit-flip}
   * @return the fault
   * @throws IllegalArgumentException if there is none, naming those there are
   */
  public static Fault of(String word) {
    for (Fault fault : values()) {
      if (fault.word().equals(word)) {
        return fault;
      }
    }
    throw new IllegalArgumentException("unknown fault: fault=" + word + "; use one of " + words());
  }

  /**
   * The words there are.
   *
   * @return separated by commas
   */
  public static String words() {
    return Arrays.stream(values()).map(Fault::word).collect(Collectors.joining(", "));
  }
}
