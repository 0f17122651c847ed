package io.asynctx.driver.ioat;

import java.util.concurrent.TimeUnit;

/**
 * How one channel is stopped, reset, cleared of errors and started, in the order and within the
 * time limits that are known to work.
 *
 * <p>Threading: the poller's, and of who opens the channel.
 *
 * @see "Linux drivers/dma/ioat/dma.c, ioat_quiesce, ioat_reset_sync, ioat_restart_channel"
 */
final class IoatControl {
  static final long SUSPEND_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  static final long RESET_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private static final int ALL_ONES_8 = 0xff;

  private final String name;
  private final IoatFunction function;
  private final IoatTraits traits;
  private final IoatBlock block;
  private final IoatClock clock;
  private final int control;

  /**
   * A channel's control.
   *
   * @param name of the channel, for messages
   * @param interrupting whether the channel interrupts
   */
  IoatControl(
      String name,
      IoatFunction function,
      IoatTraits traits,
      IoatBlock block,
      IoatClock clock,
      boolean interrupting) {
    this.name = name;
    this.function = function;
    this.traits = traits;
    this.block = block;
    this.clock = clock;
    control = interrupting ? IoatRegisters.CHANCTRL_INTERRUPTING : IoatRegisters.CHANCTRL_POLLED;
  }

  IoatBlock block() {
    return block;
  }

  long now() {
    return clock.nanoTime();
  }

  void pause() {
    clock.pause();
  }

  /** Lets the next interrupt come. */
  void rearm() {
    block.control(control);
  }

  /** A failure of the device, with the register that shows it. */
  IllegalStateException failure(String what, String register, long value) {
    return new IllegalStateException(
        what
            + ": channel="
            + name
            + ", register="
            + register
            + String.format(", value=0x%x", value));
  }

  /**
   * CHANSTS.
   *
   * @throws IllegalStateException if the function does not answer
   */
  long status() {
    final long status = block.status();
    if (IoatBlock.absent(status)) {
      throw failure("device does not answer", "CHANSTS", status);
    }
    return status;
  }

  /** Whether the function is known to have left. */
  boolean gone() {
    return function.claim().gone();
  }

  /** Reads the errors and clears them, in both places. */
  int takeErrors() {
    final int errors = block.error();
    block.clearError(errors);
    function.clearErrors();
    return errors;
  }

  /**
   * Suspends a channel that may be active.
   *
   * @return true iff it is suspended, or has halted: it fetches nothing, and what it had fetched is
   *     done
   */
  boolean suspend(long deadlineNanos) {
    long status = block.status();
    if (IoatBlock.absent(status)) {
      return false;
    }
    if (stopped(status)) {
      return true;
    }
    block.suspend();
    final long end = earlier(deadlineNanos, now() + SUSPEND_NANOS);
    do {
      status = block.status();
      if (stopped(status)) {
        return !IoatBlock.absent(status);
      }
      clock.pause();
    } while (now() - end < 0);
    return false;
  }

  private static boolean stopped(long status) {
    final int state = IoatBlock.state(status);
    return state == IoatRegisters.SUSPENDED || state == IoatRegisters.HALTED;
  }

  private static long earlier(long a, long b) {
    return a - b < 0 ? a : b;
  }

  /**
   * Stops the channel, clears its errors and resets it.
   *
   * @return true iff that came to an end in time: the channel does nothing any more
   */
  boolean reset(long deadlineNanos) {
    suspend(deadlineNanos);
    block.clearError(block.error());
    if (traits.version() < IoatRegisters.VERSION_3_3) {
      function.clearErrors();
    }
    beginReset();
    return awaitReset(deadlineNanos);
  }

  /** Orders a reset of a channel whose errors were taken. */
  void beginReset() {
    block.reset();
  }

  /** Whether a reset has not come to its end. */
  boolean resetting() {
    return (block.command() & IoatRegisters.CHANCMD_RESET) != 0;
  }

  /** Waits for the end of a reset. */
  boolean awaitReset(long deadlineNanos) {
    final long end = earlier(deadlineNanos, now() + RESET_NANOS);
    do {
      final int command = block.command();
      if (command == ALL_ONES_8) {
        return false;
      }
      if ((command & IoatRegisters.CHANCMD_RESET) == 0) {
        final long status = block.status();
        return !IoatBlock.absent(status) && IoatBlock.state(status) != IoatRegisters.ACTIVE;
      }
      clock.pause();
    } while (now() - end < 0);
    return false;
  }

  /**
   * Gives a channel that was reset a chain.
   *
   * @param completion where completions are written
   * @param chain first descriptor
   * @throws IllegalStateException if it does not take it
   */
  void start(long completion, long chain) {
    restart(completion, chain);
    final long status = status();
    if (stopped(status)) {
      throw failure("channel does not start: " + IoatErrors.text(block.error()), "CHANSTS", status);
    }
  }

  /**
   * Gives a channel that halted another chain. Its state may go on to say that it halted until the
   * doorbell rings: nobody has looked at it here on a real part.
   */
  void restart(long completion, long chain) {
    if (traits.writesBack()) {
      block.maskErrors(block.errorMask() | IoatErrors.MISMATCHES);
    }
    block.control(control);
    block.completion(completion);
    block.chain(chain);
  }
}
