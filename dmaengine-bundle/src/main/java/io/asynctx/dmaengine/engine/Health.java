package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.TransferResult;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How a channel has been doing: what counts as failing, how often it failed lately, and for how
 * long it is out of use.
 *
 * <pre>
 *  field            written by                    mode      read by       mode
 *  errors           token holder                  volatile  watch         volatile
 *  faults           anyone                        RMW       watch         RMW
 *  failures         control lock of the device    plain     same
 *  backOff, reason, cause, until, suspended  control lock         volatile  watch, shell  volatile
 *  busy             whoever looks after it        CAS
 * </pre>
 */
final class Health {
  private final Deque<Long> failures = new ArrayDeque<>();
  private final AtomicInteger faults = new AtomicInteger();
  private volatile long backOffNanos;
  private volatile int errors;
  private volatile String reason = "";
  private volatile String cause = "";
  private volatile String lastFault = "";
  private volatile long until;
  private volatile boolean suspended;

  /** Somebody is looking after it: one at a time. */
  final AtomicBoolean busy = new AtomicBoolean();

  /** An operation ended well here. */
  void success() {
    if (errors != 0) {
      errors = 0;
    }
  }

  /** An operation failed here; only what the device is to blame for counts. */
  void error(TransferResult result) {
    switch (result) {
      case READ_FAILED, WRITE_FAILED, DEVICE_FAILED -> {
        final int before = errors;
        errors = before + 1;
      }
      default -> {}
    }
  }

  /** The driver did what it must not. */
  void fault(String what) {
    lastFault = what;
    faults.incrementAndGet();
  }

  /** Why it should be reset now; empty if it need not. */
  String complaint(EngineConfig config) {
    if (errors >= config.errorLimit()) {
      return "failed " + errors + " times in a row";
    }
    return faults.get() >= config.faultLimit() ? "driver faults, the last: " + lastFault : "";
  }

  /** It was reset: it starts with a clean sheet, but its failures are remembered. */
  void afresh() {
    errors = 0;
    faults.set(0);
  }

  /** It failed; true iff it did so too often lately. */
  boolean failed(long now, EngineConfig config) {
    failures.add(now);
    while (now - failures.getFirst() > Waiters.nanos(config.resetWindowMillis())) {
      failures.removeFirst();
    }
    return failures.size() > config.resets();
  }

  /** What it was put out of use for at first; its failed tests since then are no new cause. */
  String cause() {
    return cause;
  }

  /**
   * How long the last quarantine was to be at least, in nanoseconds; 0 if it has done well since.
   */
  long backOffNanos() {
    return backOffNanos;
  }

  /** Out of use until the back-off is over; each time twice as long, until it does well again. */
  void quarantine(String first, String why, long now, EngineConfig config) {
    cause = first;
    final long shortest = Waiters.nanos(config.quarantineMillis());
    final long longest = Waiters.nanos(config.quarantineMaxMillis());
    backOffNanos = backOffNanos == 0 ? shortest : Math.min(2 * backOffNanos, longest);
    reason = why;
    until = now + backOffNanos | 1;
  }

  /** Out of use until an operator says otherwise. */
  void keepOut(String why) {
    reason = why;
    until = 0;
  }

  /** In use again. Its back-off is forgotten when it has gone without failing for a window. */
  void admitted(long now, EngineConfig config) {
    reason = "";
    until = 0;
    if (failures.isEmpty()
        || now - failures.getLast() > Waiters.nanos(config.resetWindowMillis())) {
      backOffNanos = 0;
      failures.clear();
    }
  }

  /** Whether a quarantine's back-off is over. */
  boolean due(long now) {
    final long end = until;
    return end != 0 && now - end >= 0;
  }

  /** Why it is out of use; empty if it is not. */
  String reason() {
    return reason;
  }

  /** Whether an operator suspended it: then it opens suspended. */
  boolean suspended() {
    return suspended;
  }

  void suspended(boolean now) {
    suspended = now;
  }
}
