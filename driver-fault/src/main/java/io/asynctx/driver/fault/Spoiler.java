package io.asynctx.driver.fault;

import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.CompletionSink;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the device's reports and the engine's sink: hands each report on, unless the
 * transfer is marked.
 *
 * <p>Threading: owned by the poller; {@link #holds()} by any thread.
 */
final class Spoiler implements CompletionSink {
  /** Where reports go when the call is going to throw. */
  static final CompletionSink NOBODY =
      new CompletionSink() {
        @Override
        public void completed(long tag, TransferResult result, long residue) {}

        @Override
        public void validated(long tag, int sumCheck) {}

        @Override
        public void stopped(long tag, TransferResult reason, long done) {}

        @Override
        public void notStarted(long tag) {}
      };

  /** What call the reports come from. */
  enum Mode {
    /** A poll: reports may be held back, doubled and invented. */
    POLL,
    /** The end: everything is told as it is. */
    QUIET_END,
    /** The end of a device that says it is not quiet. */
    LOUD_END
  }

  /**
   * A report held back.
   *
   * @param since when
   * @param nanos how long at least; {@link Long#MAX_VALUE}: until the end; 0: not by time
   * @param behind how many reports must have gone by; 0: not by number
   */
  private record Held(Ending ending, long since, long nanos, long behind) {
    boolean due(long now, long delivered, boolean nothingElse) {
      return nanos == 0
          ? delivered >= behind || nothingElse
          : nanos != Long.MAX_VALUE && now - since >= nanos;
    }
  }

  private final ChannelRules rules;
  private final Map<Long, Mark> marks;
  private final AtomicInteger withDevice;
  private final List<Held> held = new ArrayList<>();
  private CompletionSink sink = NOBODY;
  private Mode mode = Mode.POLL;
  private int count;
  private int miscount;
  private long delivered;
  private volatile boolean holds;

  /**
   * Nothing held back.
   *
   * @param rules of the channel
   * @param marks by tag; taken out at the report
   * @param withDevice counted down at the report
   */
  Spoiler(ChannelRules rules, Map<Long, Mark> marks, AtomicInteger withDevice) {
    this.rules = rules;
    this.marks = marks;
    this.withDevice = withDevice;
  }

  void begin(CompletionSink to, Mode during) {
    sink = to;
    mode = during;
    count = 0;
    miscount = 0;
  }

  /** Lets go of the engine's sink. */
  void end() {
    sink = NOBODY;
  }

  /** Reports made since the begin. */
  int count() {
    return count;
  }

  /** How wrong the count is to be told. */
  int miscount() {
    return miscount;
  }

  /** Whether something is held back. */
  boolean holds() {
    return holds;
  }

  void forget() {
    held.clear();
    holds = false;
  }

  /** Tells the engine. */
  void deliver(Ending ending) {
    gone();
    ending.tell(sink);
  }

  private void gone() {
    withDevice.decrementAndGet();
    count++;
    delivered++;
  }

  /** Tells what was held back long enough. */
  void deliverDue(int limit) {
    if (held.isEmpty()) {
      return;
    }
    final long now = System.nanoTime();
    final boolean nothingElse = withDevice.get() == held.size();
    final Iterator<Held> each = held.iterator();
    while (count < limit && each.hasNext()) {
      final Held one = each.next();
      if (one.due(now, delivered, nothingElse)) {
        each.remove();
        deliver(one.ending());
      }
    }
    holds = !held.isEmpty();
  }

  /** Tells everything held back. */
  void deliverAll() {
    held.forEach(one -> deliver(one.ending()));
    forget();
  }

  @Override
  public void completed(long tag, TransferResult result, long residue) {
    final Mark mark = mark(tag);
    if (mark == null) {
      gone();
      sink.completed(tag, result, residue);
    } else {
      spoil(mark, new Ending(Ending.How.COMPLETED, tag, result, residue));
    }
  }

  @Override
  public void validated(long tag, int sumCheck) {
    final Mark mark = mark(tag);
    if (mark == null) {
      gone();
      sink.validated(tag, sumCheck);
    } else {
      spoil(mark, new Ending(Ending.How.VALIDATED, tag, TransferResult.NO_ERROR, sumCheck));
    }
  }

  @Override
  public void stopped(long tag, TransferResult reason, long done) {
    final Mark mark = mark(tag);
    if (mode == Mode.LOUD_END) {
      return;
    }
    if (mark == null) {
      gone();
      sink.stopped(tag, reason, done);
    } else {
      spoil(mark, new Ending(Ending.How.STOPPED, tag, reason, done));
    }
  }

  @Override
  public void notStarted(long tag) {
    final Mark mark = mark(tag);
    if (mark == null) {
      gone();
      sink.notStarted(tag);
    } else {
      spoil(mark, new Ending(Ending.How.NOT_STARTED, tag, TransferResult.NO_ERROR, 0));
    }
  }

  private @Nullable Mark mark(long tag) {
    return marks.isEmpty() ? null : marks.remove(tag);
  }

  private void spoil(Mark mark, Ending ending) {
    final Rule rule = rules.rule(mark.index());
    switch (rule.kind()) {
      case CORRUPT -> {
        if (ending.succeeded() && mark.corrupt()) {
          rules.fired(mark.index());
        }
        deliver(ending);
      }
      case PARTIAL -> {
        if (ending.succeeded()) {
          rules.fired(mark.index());
        }
        final Ending whole = ending.ofWhole(rule.result(), mark.part(), mark.length());
        if (mode != Mode.LOUD_END || whole.how() != Ending.How.STOPPED) {
          deliver(whole);
        }
      }
      default -> {
        if (mode == Mode.POLL) {
          rules.fired(mark.index());
          spoilReport(rule, ending);
        } else {
          deliver(ending);
        }
      }
    }
  }

  private void hold(Held report) {
    held.add(report);
    holds = true;
  }

  private void spoilReport(Rule rule, Ending ending) {
    switch (rule.kind()) {
      case STALL, SLOW -> hold(new Held(ending, System.nanoTime(), rule.nanos(), 0));
      case REORDER -> hold(new Held(ending, 0, 0, delivered + rule.number()));
      case DUPLICATE -> {
        deliver(ending);
        ending.tell(sink);
        count++;
      }
      case STRAY -> {
        deliver(ending);
        sink.completed(~ending.tag(), TransferResult.NO_ERROR, 0);
        count++;
      }
      default -> {
        deliver(ending);
        miscount++;
      }
    }
  }
}
