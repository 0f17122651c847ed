package io.asynctx.tester.storm;

import io.asynctx.dmaengine.TransferResult;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Holds a chain that has ended against the plan: every result, every execution, every byte.
 *
 * <p>Threading: any thread, one a chain.
 */
final class Judge {

  private final Book book;
  private final LongAdder synchronous = new LongAdder();
  private final LongAdder judged = new LongAdder();
  private final LongAdder unseen = new LongAdder();
  private final LongAdder unrepeatable = new LongAdder();
  private final Set<Integer> wrong = ConcurrentHashMap.newKeySet();
  private final LongAdder[] results = new LongAdder[TransferResult.values().length];

  Judge(Book book) {
    this.book = book;
    for (int i = 0; i < results.length; i++) {
      results[i] = new LongAdder();
    }
  }

  /** Operations that ended well although no device began them: they ran without a channel. */
  long synchronous() {
    return synchronous.sum();
  }

  /** Operations that moved data and were looked at. */
  long judged() {
    return judged.sum();
  }

  /** Operations whose bytes went with the engine's memory before they could be looked at. */
  long unseen() {
    return unseen.sum();
  }

  /** Operations that would change the bytes if run twice. */
  long unrepeatable() {
    return unrepeatable.sum();
  }

  /** First operations of the chains whose bytes were wrong, by number. */
  Set<Integer> wrong() {
    return Set.copyOf(wrong);
  }

  long results(TransferResult result) {
    return results[result.ordinal()].sum();
  }

  /**
   * Judges a chain.
   *
   * @return whether its lane can be used again
   */
  boolean judge(Flight flight) {
    boolean usable = true;
    for (int i = 0; i < flight.plan.ops().size(); i++) {
      if (!flight.wasRefused(i)) {
        usable &= judge(flight, i);
      }
    }
    if (!flight.lane.seen()) {
      unseen.add(flight.plan.ops().size());
      return usable;
    }
    if (flight.deserted()) { // nobody was told how some of it ended; the guards are known
      for (int region = 0; region < LaneSize.REGIONS; region++) {
        flight.lane.excuse(flight.plan.at(region, 0), flight.plan.length());
      }
    }
    final String difference = flight.lane.compare(flight.plan);
    if (!difference.isEmpty()) {
      wrong.add(flight.plan.first());
      book.violations()
          .add(
              flight.lane.guardDamaged(flight.plan) ? "guard damaged" : "bytes wrong",
              difference + "; " + history(flight));
    }
    return usable;
  }

  private boolean judge(Flight flight, int index) {
    final int number = flight.plan.first() + index;
    final Op op = flight.plan.ops().get(index);
    final Ledger ledger = book.ledger();
    final TransferResult result = ledger.result(number);
    if (!op.kind().repeatable) {
      unrepeatable.increment();
      if (ledger.begun(number) > 1) {
        violation("executed twice", flight, index);
      }
    }
    if (result == null) { // its client left; it ended, nobody was told how
      return true;
    }
    results[result.ordinal()].increment();
    if (op.kind() != OpKind.INTERRUPT) {
      judged.increment();
    }
    order(flight, index);
    if (result == TransferResult.NO_ERROR) {
      succeeded(flight, index);
    } else {
      failed(flight, index, result);
    }
    return result != TransferResult.NOT_QUIET;
  }

  private void order(Flight flight, int index) {
    final int child = flight.plan.first() + index;
    for (int parent : flight.plan.ops().get(index).parents()) {
      if (book.ledger().begunBefore(child, flight.plan.first() + parent)) {
        violation("begun before its parent ended", flight, index);
      }
    }
  }

  private boolean parentFailed(Flight flight, int index) {
    return flight.plan.ops().get(index).parents().stream()
        .anyMatch(parent -> {
          final TransferResult result = book.ledger().result(flight.plan.first() + parent);
          return result != null && result != TransferResult.NO_ERROR;
        });
  }

  private void succeeded(Flight flight, int index) {
    final Op op = flight.plan.ops().get(index);
    if (parentFailed(flight, index)) {
      violation("succeeded though a parent failed", flight, index);
    }
    if (op.kind() != OpKind.INTERRUPT && book.ledger().begun(flight.plan.first() + index) == 0) {
      synchronous.increment();
    }
    final int found = Interpreter.apply(flight.plan, op, flight.lane.image());
    if (op.kind().checks() && found != flight.checks[index].flags()) {
      book.violations()
          .add(
              "check wrong",
              flight.text(index) + ", expected=" + found + ", got=" + flight.checks[index].flags());
    }
  }

  private void failed(Flight flight, int index, TransferResult result) {
    final int number = flight.plan.first() + index;
    final Op op = flight.plan.ops().get(index);
    final int begun = book.ledger().begun(number) + book.ledger().continued(number);
    final boolean parentFailed = parentFailed(flight, index);
    switch (result) {
      case ABORTED -> {
        if (parentFailed) {
          if (begun > 0) {
            violation("begun though a parent failed", flight, index);
          }
          return; // it must have changed nothing
        }
        if (!mayAbort(flight, index, begun) && !flight.deserted()) {
          violation("aborted without need", flight, index);
        }
      }
      case CANCELLED -> violation("cancelled by nobody", flight, index);
      case SEGMENT_CLOSED -> {
        if (!book.weather().restartsSince(flight.mark())) {
          violation("memory closed by nobody", flight, index);
        }
      }
      default -> {
        if (!book.weather().faultsSince(flight.mark())) {
          violation("failed without a fault", flight, index);
        }
      }
    }
    excuse(flight, op);
  }

  /**
   * Whether an operation without a failed parent may end as ABORTED: it was begun and may not run
   * twice, or its terms ran out. The deadline is timed here; whether attempts or policy ended it,
   * only the engine's words can say. While a fault is set, a device may also fail to say whether it
   * had begun what may not run twice.
   */
  private boolean mayAbort(Flight flight, int index, int begun) {
    final Op op = flight.plan.ops().get(index);
    if (!op.kind().repeatable && begun > 0) {
      return true;
    }
    final Duration deadline = op.terms().policy.deadline();
    if (deadline != null && flight.tookNanos() >= deadline.toNanos()) {
      return true;
    }
    final String detail = flight.detail(index);
    return book.weather().faultsSince(flight.mark())
        && (detail.contains("attempts")
            || detail.contains("policy")
            || !op.kind().repeatable && detail.contains("may not run twice"));
  }

  /** What an error leaves in the destinations is undefined. */
  private static void excuse(Flight flight, Op op) {
    if (flight.lane.seen()) {
      for (int region : op.writes()) {
        flight.lane.excuse(flight.plan.at(region, op.shift()), op.length());
      }
    }
  }

  private void violation(String kind, Flight flight, int index) {
    book.violations().add(kind, describe(flight, index));
  }

  private String describe(Flight flight, int index) {
    final int number = flight.plan.first() + index;
    return flight.text(index)
        + ", result="
        + book.ledger().result(number)
        + ", begun="
        + book.ledger().begun(number)
        + ", continued="
        + book.ledger().continued(number)
        + ", parents="
        + flight.plan.ops().get(index).parents()
        + ", millis="
        + flight.tookNanos() / 1_000_000
        + ", detail="
        + flight.detail(index);
  }

  private String history(Flight flight) {
    final StringBuilder all = new StringBuilder("chain");
    for (int i = 0; i < flight.plan.ops().size(); i++) {
      all.append(" [").append(describe(flight, i));
      final Op op = flight.plan.ops().get(i);
      all.append(", reads=").append(op.sources()).append(", writes=").append(op.destinations());
      all.append(']');
    }
    return all.toString();
  }
}
