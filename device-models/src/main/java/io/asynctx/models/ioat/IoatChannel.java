package io.asynctx.models.ioat;

import io.asynctx.models.DmaPort;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One channel: its registers, its state, and the one descriptor it is at.
 *
 * <p>A descriptor is executed outside the lock, by one thread at a time ({@code executing}), and
 * its registers change after its completion was written. So a channel that reads as suspended,
 * halted or reset touches no memory any more.
 *
 * <p>Threading: every field but {@code execution}'s abort switch is guarded by the model's lock.
 * {@link #work} is called without it, all else with it.
 */
final class IoatChannel {
  private static final Logger LOG = LoggerFactory.getLogger(IoatChannel.class);

  private static final int SUSPEND = 0x04;
  private static final int ABORT = 0x08;
  private static final int RESUME = 0x10;
  private static final int RESET = 0x20;
  private static final int UNDEFINED_COMMANDS = 0xc0;

  private static final int REARM = 1 << 0;
  private static final int ERROR_COMPLETION = 1 << 2;
  private static final int ERROR_INTERRUPT = 1 << 4;

  private static final int STATE_MASK = 7;
  private static final int COUNT_MASK = 0xffff;
  private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long NO_DESCRIPTOR_OFFSET = 0x1000_0000L;
  private static final long NEVER = Long.MAX_VALUE;

  /** States as CHANSTS has them. */
  enum State {
    ACTIVE,
    IDLE,
    SUSPENDED,
    HALTED,
    ARMED
  }

  /** What the driver last wanted, or what an error made of it. */
  private enum Mode {
    HALTED,
    SUSPENDED,
    LIVE
  }

  final int index;
  private final IoatModel model;
  private final Object lock;
  private final Execution execution;

  private Mode mode = Mode.HALTED;
  private boolean executing;
  private boolean suspendWanted;
  private boolean resetPending;
  private boolean aborting;
  private boolean stuck;
  private boolean begun;
  private boolean hidesActive;
  private int announced;
  private int executed;
  private long next;
  private long done;
  private long shown;
  private long startAt;

  private long owed;
  private boolean owesInterrupt;
  private long lateCompletion;
  private long lateAt = NEVER;
  private boolean armed;
  private boolean interruptPending;
  private long interruptAt = NEVER;
  private boolean halting;
  private int found;
  private boolean interruptWanted;

  private int control;
  private int errors;
  private int errorMask;
  private int cacheControl;
  private long chainAddress;
  private long completionAddress;

  IoatChannel(int index, IoatModel model, Object lock, Execution execution) {
    this.index = index;
    this.model = model;
    this.lock = lock;
    this.execution = execution;
  }

  private int pending() {
    return (announced - executed) & COUNT_MASK;
  }

  private State state() {
    if (mode == Mode.HALTED) {
      return State.HALTED;
    }
    if (mode == Mode.SUSPENDED) {
      return State.SUSPENDED;
    }
    final boolean active = executing || stuck || owed != 0 || pending() > 0;
    if (active && !(hidesActive && !executing)) {
      return State.ACTIVE;
    }
    return begun ? State.IDLE : State.ARMED;
  }

  /** Power-on values, or those after a reset command, which leaves masks alone. */
  void clear(boolean powerOn) {
    mode = Mode.HALTED;
    suspendWanted = false;
    aborting = false;
    stuck = false;
    control = 0;
    completionAddress = 0;
    armed = false;
    interruptPending = false;
    interruptAt = NEVER;
    lateAt = NEVER;
    chain(0);
    if (powerOn) {
      resetPending = false;
      errors = 0;
      errorMask = 0;
      cacheControl = 0;
    }
  }

  private void chain(long address) {
    chainAddress = address;
    next = address;
    done = 0;
    shown = 0;
    announced = 0;
    executed = 0;
    begun = false;
    hidesActive = false;
    owed = 0;
    owesInterrupt = false;
  }

  boolean executing() {
    return executing;
  }

  /** Makes the running descriptor end soon; it completes nothing. */
  void abort() {
    aborting = true;
    execution.abort();
  }

  long read(Register register) {
    return switch (register) {
      case CHANCTRL -> control;
      case DMA_COMP -> 2;
      case CHANCMD -> resetPending || aborting ? RESET : 0;
      case DMACOUNT -> announced;
      case CHANSTS -> shown | state().ordinal();
      case CHAINADDR -> chainAddress;
      case CHANCMP -> completionAddress;
      case CDAR -> executing ? execution.descriptor.address : shown;
      case CHANERR -> errors & 0xffff_ffffL;
      case CHANERRMSK -> errorMask & 0xffff_ffffL;
      case DCACTRL -> cacheControl & 0xffff_ffffL;
      default -> throw new AssertionError(register);
    };
  }

  /** A write to a whole register, or to a half of one of 64 bits. */
  void write(Register register, long value, boolean low, boolean high) {
    switch (register) {
      case CHANCTRL -> {
        control = (int) value;
        if ((control & REARM) != 0) {
          rearm();
        }
      }
      case CHANCMD -> command((int) value);
      case DMACOUNT -> doorbell((int) value);
      case CHAINADDR -> {
        chainAddress = merge(chainAddress, value, low, high);
        if (high) {
          arm(chainAddress);
        }
      }
      case CHANCMP -> completionAddress = merge(completionAddress, value, low, high) & ~7L;
      case CHANERR -> errors &= (int) ~value;
      case CHANERRMSK -> errorMask = (int) value;
      case DCACTRL -> cacheControl = (int) value;
      default -> throw new AssertionError(register);
    }
  }

  private static long merge(long was, long value, boolean low, boolean high) {
    if (low && high) {
      return value;
    }
    return low ? was >>> 32 << 32 | value & 0xffff_ffffL : was & 0xffff_ffffL | value << 32;
  }

  private void command(int value) {
    if ((value & UNDEFINED_COMMANDS) != 0) {
      fail(ChannelError.COMMAND);
      return;
    }
    final boolean quiets = (value & (SUSPEND | ABORT | RESET)) != 0;
    if (quiets && model.faults().fires(Fault.NEVER_QUIET)) {
      resetPending |= (value & RESET) != 0;
      return;
    }
    if ((value & RESET) != 0) {
      model.event("ch" + index + " RESET");
      model.channelReset();
      resetPending = false;
      if (executing) {
        abort();
      } else {
        clear(false);
      }
      return;
    }
    if ((value & SUSPEND) != 0 && mode == Mode.LIVE) {
      model.event("ch" + index + " SUSPEND");
      suspendWanted = true;
      settleSuspend();
    }
    if ((value & ABORT) != 0 && mode != Mode.HALTED) {
      if (executing) {
        abort();
      } else {
        clear(false);
      }
    }
    if ((value & RESUME) != 0 && mode == Mode.SUSPENDED) {
      mode = Mode.LIVE;
      model.wake();
    }
  }

  private void settleSuspend() {
    if (suspendWanted && !executing && owed == 0) {
      suspendWanted = false;
      mode = Mode.SUSPENDED;
    }
  }

  private void arm(long address) {
    if (executing || mode == Mode.LIVE && pending() > 0) {
      fail(ChannelError.CHAIN_ADDRESS);
      return;
    }
    if ((address & (Descriptor.BYTES - 1)) != 0) {
      fail(ChannelError.CHAIN_ADDRESS);
      return;
    }
    chain(address);
    stuck = false;
    suspendWanted = false;
    // An error that was not cleared keeps the channel where it is.
    final boolean stays = (errors & ~errorMask) != 0 || model.faults().fires(Fault.NO_ARMED);
    mode = stays ? Mode.HALTED : Mode.LIVE;
  }

  /** Only a live channel is started; a halted or suspended one takes the count and waits. */
  private void doorbell(int count) {
    final boolean wasIdle = !executing && pending() == 0;
    announced = count & COUNT_MASK;
    if (mode != Mode.LIVE || pending() == 0) {
      return;
    }
    if (wasIdle) {
      hidesActive = model.faults().fires(Fault.LATE_ACTIVE);
      // Late enough for everybody to see: a driver looks for some microseconds only.
      final long late = hidesActive && !model.synchronous() ? LATE_NANOS : 0;
      startAt = System.nanoTime() + model.latencyNanos() + late;
    }
    model.wake();
  }

  /** An error that is not a descriptor's. */
  private void fail(int error) {
    errors |= error & ~errorMask;
    if ((error & ~errorMask) != 0) {
      mode = Mode.HALTED;
      model.mirror(error);
    }
  }

  /** When there is something to do, in nanoTime; far away if nothing is. */
  long dueAt() {
    long due = Math.min(interruptAt, lateAt);
    if (runnable()) {
      due = Math.min(due, startAt);
    }
    if (suspendWanted && !executing) {
      due = 0;
    }
    return due;
  }

  private boolean runnable() {
    return mode == Mode.LIVE && !executing && !stuck && !suspendWanted && pending() > 0;
  }

  /**
   * Does one thing that is due.
   *
   * @param now in nanoTime, or the end of time to do everything
   * @return false iff nothing was
   */
  boolean work(long now) {
    final DmaPort port;
    final long at;
    final int available;
    synchronized (lock) {
      if (interruptAt <= now) {
        interruptAt = NEVER;
        send();
        return true;
      }
      if (lateAt <= now) {
        lateAt = NEVER;
        at = lateCompletion;
        available = 0;
      } else if (suspendWanted && !executing) {
        at = owed == 0 ? 0 : owed | State.SUSPENDED.ordinal();
        available = 0;
        owed = 0;
      } else if (runnable() && startAt <= now) {
        if (model.faults().fires(Fault.STUCK)) {
          stuck = true;
          return true;
        }
        at = next;
        available = pending();
        execution.begin();
      } else {
        return false;
      }
      executing = true;
      port = model.port();
    }
    if (available > 0) {
      execute(port, at, available);
    } else {
      finish(at == 0 || port.writeLong(completionAddress(), at));
    }
    return true;
  }

  private void execute(DmaPort port, long at, int available) {
    final int result = run(port, at, available);
    final long completion;
    synchronized (lock) {
      if (model.log().on()) {
        final String error = result == 0 ? "" : " ERR %x".formatted(result);
        model.event("ch%d %s%s".formatted(index, execution.descriptor, error));
      }
      completion = complete(at, result);
    }
    finish(completion == 0 || write(port, completion));
  }

  /**
   * A mistake of the host's or of the model's ends as an error of the device, not of its thread.
   */
  private int run(DmaPort port, long at, int available) {
    try {
      return execution.run(port, at, available);
    } catch (RuntimeException e) {
      LOG.error("descriptor could not be executed: channel={}, address={}", index, at, e);
      return ChannelError.INTEGRITY;
    }
  }

  private boolean write(DmaPort port, long completion) {
    final long address = completionAddress();
    final boolean written = port.writeLong(address, completion);
    if (model.log().on()) {
      model.event("CMPL [%x] <- %x".formatted(address, completion));
    }
    return written;
  }

  private long completionAddress() {
    synchronized (lock) {
      return completionAddress;
    }
  }

  /** Decides what becomes of an executed descriptor: the completion to write, 0 for none. */
  private long complete(long at, int result) {
    found = result & ~errorMask;
    halting = found != 0;
    interruptWanted = false;
    if (aborting) {
      return 0;
    }
    if (!halting && descriptorHalts()) {
      halting = true;
    }
    if (halting) {
      interruptWanted = (control & ERROR_INTERRUPT) != 0;
      return (control & ERROR_COMPLETION) != 0 ? done | State.HALTED.ordinal() : 0;
    }
    return completeGood(at);
  }

  private boolean descriptorHalts() {
    return execution.descriptor.kind != Descriptor.Kind.NULL && model.faults().fires(Fault.HALT);
  }

  private long completeGood(long at) {
    final Descriptor descriptor = execution.descriptor;
    final boolean forgets = descriptor.slots > 1 && model.faults().fires(Fault.EXT_NOT_COUNTED);
    final long before = done;
    executed = executed + (forgets ? 1 : descriptor.slots) & COUNT_MASK;
    next = descriptor.next;
    done = at;
    model.executed(descriptor.kind);
    owesInterrupt |= (descriptor.control & Descriptor.INTERRUPT) != 0;
    if ((descriptor.control & Descriptor.COMPLETE) != 0) {
      owed = at;
    }
    if (model.coalesces() && pending() > 0 && !suspendWanted) {
      return 0;
    }
    interruptWanted = owesInterrupt;
    owesInterrupt = false;
    if (owed == 0) {
      return 0;
    }
    final long completion = owed | (pending() > 0 ? State.ACTIVE.ordinal() : State.IDLE.ordinal());
    owed = 0;
    return falsified(completion, before);
  }

  private long falsified(long completion, long before) {
    if (model.faults().fires(Fault.WRONG_COMPLETION)) {
      return completion + NO_DESCRIPTOR_OFFSET;
    }
    if (model.faults().fires(Fault.COMPLETION_BACKWARDS)) {
      return before | completion & STATE_MASK;
    }
    if (model.faults().fires(Fault.LATE_COMPLETION)) {
      lateCompletion = completion;
      lateAt = System.nanoTime() + LATE_NANOS;
      model.wake();
      return 0;
    }
    return completion;
  }

  /** The completion is in memory, or could not be written: now the registers may say so. */
  private void finish(boolean written) {
    synchronized (lock) {
      executing = false;
      lock.notifyAll();
      if (aborting) {
        clear(false);
        return;
      }
      shown = done;
      begun |= done != 0;
      hidesActive = false;
      if (halting) {
        halting = false;
        errors |= found;
        model.mirror(found);
        mode = Mode.HALTED;
        suspendWanted = false;
      }
      if (!written) {
        fail(ChannelError.COMPLETION_ADDRESS);
      }
      settleSuspend();
      if (interruptWanted) {
        interruptWanted = false;
        request();
      }
    }
  }

  /** An interrupt is due: at once, later by the delay register, or when it is armed again. */
  private void request() {
    if (!model.attention(index)) {
      return;
    }
    if (!armed) {
      interruptPending = true;
      return;
    }
    final long delay = model.interruptDelayNanos();
    if (delay == 0) {
      send();
    } else if (interruptAt == NEVER) {
      interruptAt = System.nanoTime() + delay;
      model.wake();
    }
  }

  private void send() {
    armed = false;
    interruptPending = false;
    if (!model.faults().fires(Fault.LOST_INTERRUPT)) {
      model.interrupt(index);
    }
  }

  private void rearm() {
    armed = true;
    if (interruptPending) {
      request();
    }
  }
}
