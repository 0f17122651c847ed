package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.InterruptSource;
import io.asynctx.dmaengine.driver.Quiet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A little engine around one open channel: it calls the driver as the engine would, and writes down
 * every rule it sees broken.
 *
 * <pre>
 *  field        written by                  mode      read by                         mode
 *  pusher       thread in push, doorbell    volatile  any thread looking at transfer  volatile
 *  poller       thread in poll, terminate   volatile  any thread looking at transfer  volatile
 *  interrupter  contract                    volatile  any thread looking or reporting volatile
 *  terminated   poller                      volatile  any thread reporting            volatile
 * </pre>
 */
final class Harness {
  /** How much later than its deadline a terminate may return, on a loaded machine. */
  static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final long IDLE_NANOS = TimeUnit.MICROSECONDS.toNanos(20);
  private static final int SPINS = 200;

  /** Most violations of one contract written down; a wrong driver may commit millions. */
  private static final int MOST_VIOLATIONS = 16;

  private final String channel;
  private final ChannelOps ops;
  private final @Nullable InterruptSource interrupts;
  private final TckOptions options;
  private final Map<Long, KitTransfer> transfers = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Violation> violations = new ConcurrentLinkedQueue<>();
  private final Map<String, AtomicInteger> seen = new ConcurrentHashMap<>();
  private final AtomicInteger withDevice = new AtomicInteger();
  private volatile @Nullable Thread pusher;
  private volatile @Nullable Thread poller;
  private volatile @Nullable Thread interrupter;
  private volatile boolean terminated;
  private volatile boolean closed;

  Harness(String channel, ChannelOps ops, TckOptions options) {
    this.channel = channel;
    this.ops = ops;
    this.options = options;
    interrupts = ops.interrupts();
  }

  ChannelOps ops() {
    return ops;
  }

  @Nullable InterruptSource interrupts() {
    return interrupts;
  }

  void interrupter(@Nullable Thread thread) {
    interrupter = thread;
  }

  List<Violation> violations() {
    return List.copyOf(violations);
  }

  boolean terminated() {
    return terminated;
  }

  boolean closed() {
    return closed;
  }

  /** Transfers pushed and neither reported nor left out. */
  int withDevice() {
    return withDevice.get();
  }

  void broken(String contract, String text) {
    final AtomicInteger count = seen.computeIfAbsent(contract, id -> new AtomicInteger());
    if (count.getAndIncrement() < MOST_VIOLATIONS) {
      violations.add(new Violation(contract, text));
    }
  }

  /** Offers a transfer to the device. */
  boolean push(KitTransfer transfer) {
    transfer.givenTo(this);
    transfers.put(transfer.tag, transfer);
    transfer.stage.set(KitTransfer.Stage.PUSHING);
    withDevice.incrementAndGet();
    final boolean taken;
    pusher = Thread.currentThread();
    try {
      taken = ops.push(transfer);
    } catch (RuntimeException | LinkageError e) {
      throw thrown("push", e);
    } finally {
      pusher = null;
    }
    final KitTransfer.Stage next =
        taken ? KitTransfer.Stage.WITH_DEVICE : KitTransfer.Stage.REFUSED;
    if (transfer.stage.compareAndSet(KitTransfer.Stage.PUSHING, next)) {
      if (!taken) {
        withDevice.decrementAndGet();
      }
    } else if (!taken) {
      broken("C3", "push said full, and yet it was reported: " + transfer);
    }
    return taken;
  }

  void doorbell() {
    pusher = Thread.currentThread();
    try {
      ops.doorbell();
    } catch (RuntimeException | LinkageError e) {
      throw thrown("doorbell", e);
    } finally {
      pusher = null;
    }
  }

  /** Polls once and returns how many reports came. */
  int poll(int limit) {
    final Sink sink = new Sink(false);
    poller = Thread.currentThread();
    final int said;
    try {
      said = ops.poll(limit, sink);
    } catch (RuntimeException | LinkageError e) {
      throw thrown("poll", e);
    } finally {
      poller = null;
      sink.open = false;
    }
    final int reported = sink.reports.get();
    if (said != reported) {
      broken("P-COUNT", "poll returned a wrong count: returned=" + said + ", reported=" + reported);
    }
    if (reported > limit) {
      broken("P-COUNT", "poll broke its limit: limit=" + limit + ", reported=" + reported);
    }
    return reported;
  }

  /** Ends everything. What is not reported counts as left out. */
  Quiet terminate(long allowedNanos) {
    final Sink sink = new Sink(true);
    final long start = System.nanoTime();
    poller = Thread.currentThread();
    final Quiet quiet;
    try {
      quiet = ops.terminateAll(sink, start + allowedNanos);
    } catch (RuntimeException | LinkageError e) {
      throw thrown("terminateAll", e);
    } finally {
      poller = null;
      terminated = true;
      sink.open = false;
    }
    final long late = System.nanoTime() - start - Math.max(0, allowedNanos);
    if (late > LATE_NANOS) {
      broken(
          "T-DEADLINE",
          "terminateAll came back after its deadline: late="
              + TimeUnit.NANOSECONDS.toMillis(late)
              + " ms, allowed="
              + TimeUnit.NANOSECONDS.toMillis(allowedNanos)
              + " ms");
    }
    for (KitTransfer transfer : transfers.values()) {
      if (transfer.stage.compareAndSet(KitTransfer.Stage.WITH_DEVICE, KitTransfer.Stage.LEFT_OUT)) {
        withDevice.decrementAndGet();
      }
    }
    return quiet;
  }

  /** A reset worked: transfers may be pushed again. */
  void revived() {
    terminated = false;
  }

  void close() {
    closed = true;
    try {
      ops.close();
    } catch (RuntimeException | LinkageError e) {
      throw thrown("close", e);
    }
  }

  /** Polls until nothing is with the device; false iff the time-out passed. */
  boolean drain() {
    final long end = System.nanoTime() + options.transferTimeout().toNanos();
    int idle = 0;
    while (withDevice.get() > 0) {
      if (poll(options.pollLimit()) > 0) {
        idle = 0;
      } else if (System.nanoTime() - end > 0) {
        return false;
      } else {
        idle++;
        rest(idle);
      }
    }
    return true;
  }

  /** Polls until nothing is with the device, or fails, naming what never came back. */
  void drained() {
    if (!drain()) {
      final KitTransfer lost =
          transfers.values().stream()
              .filter(t -> t.stage.get() == KitTransfer.Stage.WITH_DEVICE)
              .findFirst()
              .orElse(null);
      throw new ContractFailure(
          "C3: not reported within "
              + options.transferTimeout().toMillis()
              + " ms: "
              + lost
              + ", transfers="
              + withDevice.get());
    }
  }

  /** Gives late and second reports a chance to come. */
  void settle() {
    final long end = System.nanoTime() + options.watch().toNanos();
    int idle = SPINS;
    while (System.nanoTime() - end < 0) {
      if (!closed && !terminated) {
        poll(options.pollLimit());
      }
      idle++;
      rest(idle);
    }
  }

  /** Pushes, making room by ringing and polling when the device is full. */
  void pushed(KitTransfer transfer) {
    final long end = System.nanoTime() + options.transferTimeout().toNanos();
    int idle = 0;
    while (!push(transfer)) {
      if (System.nanoTime() - end > 0) {
        throw new ContractFailure(
            "P-FULL: push takes nothing any more: with the device=" + withDevice.get());
      }
      doorbell();
      idle = poll(options.pollLimit()) > 0 ? 0 : idle + 1;
      rest(idle);
    }
  }

  /** Pushes all, rings once, polls until all are reported, and checks every byte. */
  void run(List<Case> cases) {
    for (Case one : cases) {
      pushed(one.transfer());
    }
    doorbell();
    drained();
    cases.forEach(Case::verify);
  }

  static void rest(int idle) {
    if (idle < SPINS) {
      Thread.onSpinWait();
    } else {
      LockSupport.parkNanos(IDLE_NANOS);
    }
  }

  /** A driver looked at a transfer. */
  void looked(KitTransfer transfer, String what) {
    final Thread thread = Thread.currentThread();
    final KitTransfer.Stage stage = transfer.stage.get();
    final String where = what + "() of " + transfer + ", thread=" + thread.getName();
    if (thread == interrupter) {
      broken("C2", "transfer touched from interrupt context: " + where);
    } else if (thread != pusher && thread != poller) {
      broken("C2", "transfer touched outside push, doorbell, poll and terminateAll: " + where);
    } else if (stage == KitTransfer.Stage.REFUSED) {
      broken("P-FULL", "transfer touched after push said full: " + where);
    } else if (stage == KitTransfer.Stage.REPORTED || stage == KitTransfer.Stage.LEFT_OUT) {
      broken("C2", "transfer touched after it was reported: " + where);
    }
  }

  private ContractFailure thrown(String call, Throwable e) {
    final ContractFailure failure =
        new ContractFailure(call + " threw: channel=" + channel + ", exception=" + e);
    failure.setStackTrace(e.getStackTrace());
    return failure;
  }

  /** What one call is handed to report to. Any thread, any time: that is what it finds out. */
  private final class Sink implements CompletionSink {
    private final Thread caller = Thread.currentThread();
    private final boolean terminating;
    private final AtomicInteger reports = new AtomicInteger();
    private volatile boolean open = true;

    Sink(boolean terminating) {
      this.terminating = terminating;
    }

    @Override
    public void completed(long tag, TransferResult result, long residue) {
      take(tag, Report.completed(result, residue));
    }

    @Override
    public void validated(long tag, int sumCheck) {
      take(tag, Report.validated(sumCheck));
    }

    @Override
    public void stopped(long tag, TransferResult reason, long done) {
      take(tag, Report.stopped(reason, done));
    }

    @Override
    public void notStarted(long tag) {
      if (!terminating) {
        broken("C3", "notStarted outside terminateAll: tag=0x" + Long.toHexString(tag));
      }
      take(tag, Report.notStarted());
    }

    private void take(long tag, Report report) {
      final Thread thread = Thread.currentThread();
      final String what = report.kind() + " tag=0x" + Long.toHexString(tag);
      if (terminated) {
        broken("T-SILENT", "reported after terminateAll had returned: " + what);
      } else if (thread == interrupter && thread != caller) {
        broken("C1", "reported from interrupt context: " + what);
      } else if (thread != caller) {
        broken("C1", "reported on a foreign thread: thread=" + thread.getName() + ", " + what);
      } else if (!open) {
        broken("C1", "reported outside the call the sink was handed to: " + what);
      } else {
        reports.incrementAndGet();
      }
      record(tag, report, what);
    }

    private void record(long tag, Report report, String what) {
      final KitTransfer transfer = transfers.get(tag);
      if (transfer == null) {
        broken("C3", "reported a transfer that was never pushed: " + what);
        return;
      }
      switch (transfer.stage.get()) {
        case PUSHING, WITH_DEVICE -> {
          withDevice.decrementAndGet();
          fits(transfer, report);
          transfer.reported(report);
        }
        case REFUSED -> broken("C3", "reported a transfer that push had refused: " + transfer);
        case REPORTED -> broken("C3", "reported a second time: " + transfer);
        case NEW, LEFT_OUT -> {}
      }
    }

    private void fits(KitTransfer transfer, Report report) {
      final boolean validates =
          transfer.operation == DmaCap.XOR_VAL || transfer.operation == DmaCap.PQ_VAL;
      final String what = report + " for " + transfer;
      if (report.kind() == Report.Kind.VALIDATED && !validates
          || report.kind() == Report.Kind.COMPLETED && report.succeeded() && validates) {
        broken("D-REPORT", "the wrong method of the sink: " + what);
      }
      if (report.succeeded() && report.residue() != 0
          || report.residue() < 0
          || report.residue() > transfer.bytes()) {
        broken("D-REPORT", "residue out of range: " + what);
      }
      if (report.kind() == Report.Kind.STOPPED) {
        // what a check has found so far would be lost: it can only begin again
        final long most = validates ? 0 : transfer.bytes() - 1;
        if (report.done() < 0 || report.done() > most) {
          broken("D-REPORT", "bytes done out of range: most=" + most + ", " + what);
        }
      }
      final int bits = transfer.operation == DmaCap.XOR_VAL ? SumCheck.P_WRONG : 3;
      if ((report.sumCheck() & ~bits) != 0) {
        broken("D-REPORT", "unknown bits in sumCheck: " + what);
      }
    }
  }
}
