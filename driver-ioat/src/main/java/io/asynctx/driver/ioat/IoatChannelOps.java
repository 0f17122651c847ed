package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.InterruptSource;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One channel: descriptors into the ring, a doorbell, completions out of one word of memory. Slots
 * are counted without end; a slot of the ring is the count modulo its size.
 *
 * <pre>
 *  field                     written by            mode      read by              mode
 *  head                      pusher                plain     pusher               plain
 *  issued                    pusher, in doorbell   volatile  poller               volatile
 *  completed, word, stale    poller                plain     poller               plain
 *  gate                      doorbell and poller   CAS       same                 CAS
 *  base, rung                who has the gate      plain     same                 plain
 *  terminated                poller                volatile  poller               volatile
 *  recovering                poller                volatile  interrupt thread     volatile
 * </pre>
 *
 * <p>The doorbell is a count since the chain began, so a doorbell that overlaps a restart of the
 * chain would tell the hardware of descriptors that nobody wrote. Therefore only who has the gate
 * writes it. A doorbell that finds the gate taken leaves: it has published {@code issued} before it
 * tried, and who restarts reads {@code issued} after giving the gate back. A poll that finds it
 * taken tries again next time. Nobody waits.
 *
 * <p>A channel that halted because a check found something goes on at the next transfer without a
 * reset, as Linux does it. After any other error it is reset, as DPDK does it, and a poll only
 * looks whether the reset is over.
 */
final class IoatChannelOps implements ChannelOps {
  private static final Logger LOG = LoggerFactory.getLogger(IoatChannelOps.class);

  private static final long START_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** What a reset of the whole function may take; with less time left it is not begun. */
  private static final long FUNCTION_RESET_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** Polls in vain, with work outstanding, after which CHANSTS is looked at. */
  private static final int PATIENCE = 512;

  private static final int OPEN = 0;
  private static final int TAKEN = 1;
  private static final VarHandle GATE;

  static {
    try {
      GATE = MethodHandles.lookup().findVarHandle(IoatChannelOps.class, "gate", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final String name;
  private final IoatChannelHome home;
  private final IoatControl control;
  private final IoatRing ring;
  private final IoatMappings mappings;
  private final IoatEncoder encoder;
  private final IoatInFlight inFlight;
  private final boolean interrupting;

  private long head;
  private volatile long issued;
  private boolean refusalLogged;

  @SuppressWarnings("UnusedVariable") // by GATE
  private volatile int gate = TAKEN;

  private long base;
  private long rung;

  /** Last slot that completed. */
  private long completed;

  /** What the completion word was last seen to be. */
  private long word;

  /** Address of the last descriptor of the chain before this one; it may be told of once more. */
  private long stale;

  private boolean halted;

  /** Until when CHANSTS may not yet say what the completion word says; 0 if it need not. */
  private long haltDeadline;

  private boolean quiet = true;
  private int vain;
  private @Nullable Recovery recovery;
  private volatile boolean recovering;
  private @Nullable IllegalStateException broken;
  private volatile boolean terminated;

  /** A reset that is under way: who caused it, and where the chain goes on after it. */
  private record Recovery(long culprit, int errors, long next, long deadlineNanos) {}

  /**
   * A channel that is not started.
   *
   * @param name for messages
   * @param home who is told of its end
   */
  IoatChannelOps(
      String name,
      IoatChannelHome home,
      IoatControl control,
      IoatRing ring,
      IoatMappings mappings,
      IoatEncoder encoder,
      int depth,
      boolean interrupting) {
    this.name = name;
    this.home = home;
    this.control = control;
    this.ring = ring;
    this.mappings = mappings;
    this.encoder = encoder;
    this.interrupting = interrupting;
    inFlight = new IoatInFlight(depth);
  }

  // the pusher

  @Override
  public boolean push(Transfer transfer) {
    final int entry = inFlight.next();
    if (entry < 0) {
      return false;
    }
    final int taken = encoder.encode(transfer, head, entry);
    if (taken < 0) {
      refuse(transfer, taken);
      return true;
    }
    inFlight.add(transfer.tag(), transfer.length(), head, encoder.last(), taken, encoder.answer());
    head += taken;
    return true;
  }

  private void refuse(Transfer transfer, int why) {
    final boolean source = why == IoatEncoder.UNREADABLE;
    if (!refusalLogged) {
      refusalLogged = true;
      LOG.error(
          "operand is not mapped for the device, the transfer is refused; later ones like it are"
              + " not logged: channel={}, operation={}, operand={}, address=0x{}, length={}",
          name,
          transfer.operation(),
          source ? "source" : "destination",
          Long.toHexString(encoder.unmapped()),
          transfer.length());
    }
    inFlight.refuse(
        transfer.tag(),
        transfer.length(),
        head,
        source ? TransferResult.READ_FAILED : TransferResult.WRITE_FAILED);
  }

  @Override
  public void doorbell() {
    if (issued != head) {
      issued = head;
      ring();
    }
  }

  /** Tells the hardware of everything issued, unless somebody has the gate who will. */
  private void ring() {
    long seen;
    do {
      if (!GATE.compareAndSet(this, OPEN, TAKEN)) {
        return;
      }
      seen = issued;
      if (seen != rung) {
        rung = seen;
        control.block().count(seen - base);
      }
      GATE.setVolatile(this, OPEN);
    } while (seen != issued);
  }

  // the poller

  @Override
  public int poll(int limit, CompletionSink sink) {
    if (terminated) {
      return 0;
    }
    if (broken != null) {
      throw broken;
    }
    try {
      if (recovery == null) {
        collect();
      } else {
        recover(recovery);
      }
    } catch (IllegalStateException e) {
      broken = e;
      throw e;
    }
    final int reported = report(limit, sink);
    vain = reported > 0 ? 0 : vain + 1;
    return reported;
  }

  private int report(int limit, CompletionSink sink) {
    return inFlight.report(limit, completed, ring.memory, ring.slots - 1L, sink);
  }

  private void collect() {
    final long now = ring.completion();
    if (now != word) {
      word = now;
      accept(now, "completion word");
      halted = IoatBlock.state(now) == IoatRegisters.HALTED;
      haltDeadline = 0;
    }
    if (vain >= PATIENCE && issued - 1 > completed) {
      vain = 0;
      halted |= IoatBlock.state(control.status()) == IoatRegisters.HALTED;
    }
    if (halted) {
      halt();
    }
  }

  /**
   * Takes over which descriptor completed last.
   *
   * @throws IllegalStateException if it cannot have
   */
  private void accept(long value, String where) {
    final long address = value & IoatRegisters.ADDRESS_MASK;
    if (address == 0) {
      return;
    }
    final long index = ring.index(address);
    if (index < 0) {
      throw control.failure(
          "completion names no descriptor of this channel: ring=" + ring, where, value);
    }
    final long ahead = index - completed & ring.slots - 1;
    if (ahead <= issued - 1 - completed) {
      completed += ahead;
      stale = ahead > 0 ? 0 : stale;
    } else if (address != stale) {
      throw control.failure(
          "completion runs backwards, or ahead of the doorbell: last completed=0x"
              + Long.toHexString(ring.iova(completed))
              + ", last issued=0x"
              + Long.toHexString(ring.iova(issued - 1)),
          where,
          value);
    }
  }

  private void halt() {
    if (!GATE.compareAndSet(this, OPEN, TAKEN)) {
      return;
    }
    final long status = control.status();
    if (IoatBlock.state(status) != IoatRegisters.HALTED) {
      notHalted(status);
      return;
    }
    halted = false;
    haltDeadline = 0;
    accept(status, "CHANSTS");
    final int errors = control.takeErrors();
    final long culprit = inFlight.firstOpen(completed, issued);
    if (culprit < 0) {
      // It did something nobody told it to: what a channel does beyond its doorbell is not ours.
      throw control.failure(
          "channel halted with nothing to do: " + IoatErrors.text(errors), "CHANSTS", status);
    }
    final long next = inFlight.end(culprit);
    if (mismatch(culprit, errors)) {
      inFlight.find(culprit, errors);
      begin(next, status & IoatRegisters.ADDRESS_MASK, false);
      return;
    }
    LOG.warn(
        "channel halted and is reset: channel={}, {}, CHANSTS=0x{}, result={}, transfer={}",
        name,
        IoatErrors.text(errors),
        Long.toHexString(status),
        IoatErrors.result(errors),
        inFlight.text(culprit));
    control.beginReset();
    recovering = true;
    recovery = new Recovery(culprit, errors, next, control.now() + IoatControl.RESET_NANOS);
  }

  /**
   * With the gate: the completion word says that the channel halted, its register does not yet, or
   * the word is a late one of the chain before this. Gives the gate back.
   */
  private void notHalted(long status) {
    final long now = control.now();
    if (haltDeadline == 0) {
      haltDeadline = now + IoatControl.SUSPEND_NANOS;
    } else if (now - haltDeadline > 0) {
      if (stale == 0 || (word & IoatRegisters.ADDRESS_MASK) != stale) {
        throw control.failure("completion says halted but the channel is not", "CHANSTS", status);
      }
      halted = false;
      haltDeadline = 0;
    }
    GATE.setVolatile(this, OPEN);
    ring();
  }

  private boolean mismatch(long culprit, int errors) {
    return inFlight.answersByHalt(culprit) && IoatErrors.onlyMismatch(errors);
  }

  private void recover(Recovery now) {
    if (control.resetting()) {
      if (control.now() - now.deadlineNanos > 0) {
        throw control.failure(
            "reset does not end: limit=" + IoatControl.RESET_NANOS + " ns",
            "CHANCMD",
            control.block().command());
      }
      return;
    }
    control.status();
    inFlight.fail(now.culprit, IoatErrors.result(now.errors));
    recovery = null;
    begin(now.next, 0, true);
    recovering = false;
  }

  /** With the gate: a chain begins at a slot. Gives the gate back. */
  private void begin(long slot, long before, boolean wasReset) {
    ring.clearCompletion();
    word = 0;
    stale = before;
    completed = slot - 1;
    base = slot;
    rung = slot;
    if (wasReset) {
      control.start(ring.completionIova(), ring.iova(slot));
    } else {
      control.restart(ring.completionIova(), ring.iova(slot));
    }
    GATE.setVolatile(this, OPEN);
    ring();
  }

  // who opens, terminates and resets; nobody else is there

  /**
   * Starts a channel that was reset: it has nothing, and shows with a descriptor of its own that it
   * reads the ring and writes completions.
   *
   * @throws IllegalStateException if it does not
   */
  void start(long deadlineNanos) {
    GATE.setVolatile(this, TAKEN);
    inFlight.clear();
    broken = null;
    recovery = null;
    recovering = false;
    halted = false;
    haltDeadline = 0;
    vain = 0;
    encoder.first();
    head = 1;
    issued = 1;
    quiet = false;
    try {
      begin(0, 0, true);
      final long end = Math.min(deadlineNanos - control.now(), START_NANOS) + control.now();
      while (completed < 0) {
        collect();
        if (control.now() - end > 0) {
          throw control.failure(
              "channel does not complete its first descriptor: "
                  + IoatErrors.text(control.block().error()),
              "CHANSTS",
              control.block().status());
        }
        control.pause();
      }
    } catch (IllegalStateException e) {
      GATE.setVolatile(this, TAKEN);
      quiet = control.reset(control.now() + IoatControl.RESET_NANOS);
      throw e;
    }
    terminated = false;
  }

  @Override
  public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
    GATE.setVolatile(this, TAKEN);
    terminated = true;
    boolean stopped = recovery == null && broken == null && control.suspend(deadlineNanos);
    boolean uncertain = true;
    try {
      if (stopped) {
        uncertain = settle();
      } else if (broken == null) {
        accept(ring.completion(), "completion word");
      }
    } catch (IllegalStateException e) {
      LOG.warn("device is not believed what it has completed", e);
      stopped = false;
    }
    if (recovery != null && control.awaitReset(deadlineNanos)) {
      stopped = true;
      uncertain = false;
      inFlight.fail(recovery.culprit, IoatErrors.result(recovery.errors));
      quiet = true;
    } else {
      quiet = control.reset(deadlineNanos) || stopped || unreachable(deadlineNanos);
    }
    report(Integer.MAX_VALUE, sink);
    inFlight.end(completed, issued, stopped, uncertain, sink);
    return quiet ? Quiet.QUIET : Quiet.NOT_QUIET;
  }

  /**
   * Takes over how far a channel has come that stopped.
   *
   * @return whether the first transfer that is open may have been started
   */
  private boolean settle() {
    accept(ring.completion(), "completion word");
    final long status = control.status();
    accept(status, "CHANSTS");
    if (IoatBlock.state(status) != IoatRegisters.HALTED) {
      return true;
    }
    final long culprit = inFlight.firstOpen(completed, issued);
    if (culprit < 0) {
      return false;
    }
    final int errors = control.takeErrors();
    if (mismatch(culprit, errors)) {
      inFlight.find(culprit, errors);
    } else {
      inFlight.fail(culprit, IoatErrors.result(errors));
      LOG.warn(
          "channel had halted: channel={}, {}, transfer={}",
          name,
          IoatErrors.text(errors),
          inFlight.text(culprit));
    }
    return false;
  }

  /** The last proofs: the function has left and nothing is mapped for it, or all of it is reset. */
  private boolean unreachable(long deadlineNanos) {
    if (control.gone()) {
      mappings.clear();
      ring.unmap();
      return true;
    }
    return deadlineNanos - control.now() > FUNCTION_RESET_NANOS && home.resetFunction(this);
  }

  @Override
  public boolean reset(long deadlineNanos) {
    if (!control.reset(deadlineNanos) && !unreachable(deadlineNanos)) {
      return false;
    }
    quiet = true;
    if (control.gone()) {
      return false;
    }
    try {
      start(deadlineNanos);
      return true;
    } catch (IllegalStateException e) {
      LOG.warn("channel does not come back after its reset", e);
      return false;
    }
  }

  @Override
  public void close() {
    home.closed(this, quiet ? null : ring);
    if (quiet) {
      mappings.clear(); // the function stays claimed, and the next opening maps everything again
      ring.close();
    }
  }

  /** Whether a reset is under way whose end no interrupt tells of. Any thread. */
  boolean recovering() {
    return recovering;
  }

  /** Whether the hardware may still use the ring. */
  boolean quiet() {
    return quiet;
  }

  @Override
  public @Nullable InterruptSource interrupts() {
    return interrupting ? home.interrupts(this, control) : null;
  }

  @Override
  public void map(MemorySegment memory) {
    mappings.map(memory);
  }

  @Override
  public void unmap(MemorySegment memory) {
    mappings.unmap(memory);
  }
}
