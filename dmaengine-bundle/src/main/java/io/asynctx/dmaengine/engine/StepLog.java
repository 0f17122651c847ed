package io.asynctx.dmaengine.engine;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.Outcome;
import io.asynctx.dmaengine.TransferResult;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which operations the steps of one run are, and what became of each, in as few bytes as that takes
 * if nothing unusual happens: who ran it, and for how long it waited and ran. Whoever looks at the
 * outcome gets entries made of that.
 *
 * <pre>
 *  field      written by                          mode      read by                         mode
 *  slots[i]   listener, once; submitter if the    volatile  submitter, listeners,           volatile
 *             step could not be submitted                   canceller
 *  numbers[i] submitter: the handle;              plain     listeners, canceller            acquire,
 *             listener, after slots[i]: times     release                                   before slots[i]
 *
 *  slots[i]      what it means
 *  null          not submitted, or not ended
 *  Provider      ended well; numbers[i] holds its times
 *  Outcome.Step  ended in any other way, or not at the first attempt; numbers[i] holds its handle
 *  FailedFence   a fence that ended with an error
 *  Throwable     could not be submitted
 * </pre>
 *
 * <p>A number is read before the slot: if the slot says afterwards that the step has not ended, the
 * number was its handle.
 */
final class StepLog implements Supplier<List<Outcome.Step>> {

  private static final int UNKNOWN = -1;

  private static final long MOST_NANOS = 0xFFFF_FFFEL;

  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Object[].class);
  private static final VarHandle NUMBER = MethodHandles.arrayElementVarHandle(long[].class);

  /**
   * A fence that did not end well.
   *
   * @param cause place of the step that failed; or UNKNOWN
   */
  private record FailedFence(int cause) {}

  private final StepNames names;
  private final @Nullable Object[] slots;
  private final long[] numbers;

  StepLog(StepNames names) {
    final int size = names.entries().length;
    this.names = names;
    this.slots = new @Nullable Object[size];
    this.numbers = new long[size];
  }

  private @Nullable Object slot(int place) {
    return SLOT.getVolatile(slots, place);
  }

  private long number(int place) {
    return (long) NUMBER.getAcquire(numbers, place);
  }

  /** By the submitter, before others can know. */
  void submitting(int place, long handle) {
    numbers[place] = handle;
  }

  /** By the submitter: it is no operation, for this reason. */
  void notSubmitted(int place, Throwable why) {
    numbers[place] = AsyncTx.NONE;
    SLOT.setVolatile(slots, place, why);
  }

  /** The operation of a step, if it is under way and no fence's; else NONE. */
  long cancellable(int place) {
    final long handle = number(place);
    return names.isFence(place) || slot(place) != null ? AsyncTx.NONE : handle;
  }

  /** The operation of a step that has not ended; else NONE. */
  long running(int place) {
    final long handle = number(place);
    return slot(place) == null ? handle : AsyncTx.NONE;
  }

  /** The operation that a step which has failed is to be blamed on; NONE if it has not failed. */
  long failed(int place) {
    final Object found = slot(place);
    if (found instanceof FailedFence(int cause)) {
      return number(cause == UNKNOWN ? place : cause);
    }
    return found instanceof Outcome.Step step && step.result() != TransferResult.NO_ERROR
        ? number(place)
        : AsyncTx.NONE;
  }

  /** Whether a step is this operation, and has not ended well. */
  private boolean is(int place, long handle) {
    return number(place) == handle && !(slot(place) instanceof Provider);
  }

  /**
   * Which step a failed parent is: a direct one, or one before a fence. What became of the fence
   * may not have been taken down yet, since another worker does that.
   */
  private int cause(long handle, int[] parents) {
    for (int parent : parents) {
      if (is(parent, handle)) {
        return parent;
      }
    }
    for (int parent : parents) {
      if (names.isFence(parent)) {
        final int told = slot(parent) instanceof FailedFence fence ? fence.cause : UNKNOWN;
        final int found = told != UNKNOWN && is(told, handle) ? told : before(parent, handle);
        if (found != UNKNOWN) {
          return found;
        }
      }
    }
    return UNKNOWN;
  }

  private int before(int place, long handle) {
    int cause = place - 1;
    while (cause >= 0 && !is(cause, handle)) {
      cause--;
    }
    return cause < 0 ? UNKNOWN : cause;
  }

  /** Takes down how an operation ended. */
  void ended(Descriptor d, int place, int[] parents) {
    final Provider by = d.provider;
    if (d.result == TransferResult.NO_ERROR && by != null && names.isFence(place)) {
      SLOT.setVolatile(slots, place, by);
      return;
    }
    final long queued = Snapshots.queueNanos(d);
    final long served = Snapshots.serviceNanos(d);
    if (d.result == TransferResult.NO_ERROR
        && by != null
        && d.sumBits == 0
        && Math.max(queued, served) <= MOST_NANOS
        && Snapshots.ordinary(d)) {
      SLOT.setVolatile(slots, place, by);
      NUMBER.setRelease(numbers, place, queued << Integer.SIZE | served & 0xFFFF_FFFFL);
      return;
    }
    final int cause = d.failedParent() == 0 ? UNKNOWN : cause(d.failedParent(), parents);
    SLOT.setVolatile(
        slots, place, names.isFence(place) ? new FailedFence(cause) : entry(d, place, cause));
  }

  private Outcome.Step entry(Descriptor d, int place, int cause) {
    return new Outcome.Step(
        names.name(place),
        d.result,
        d.result == TransferResult.NO_ERROR ? d.sumBits : 0,
        cause == UNKNOWN || d.result != TransferResult.ABORTED
            ? d.detail
            : "step failed before it: step=" + name(cause) + "; " + d.detail,
        Snapshots.provenance(d, true));
  }

  private String name(int place) {
    return names.isFence(place) ? "(fence)" : names.name(place);
  }

  /** Why the submission failed; null if it did not. After the end. */
  @Nullable Throwable failure() {
    for (Object found : slots) {
      if (found instanceof Throwable why) {
        return why;
      }
    }
    return null;
  }

  /** Whether every step ended well, and every validate step found that things fit. */
  boolean ok() {
    for (Object found : slots) {
      final boolean well =
          found instanceof Provider || found instanceof Outcome.Step step && step.ok();
      if (!well) {
        return false;
      }
    }
    return true;
  }

  /** An entry for each step. After the end. */
  @Override
  public List<Outcome.Step> get() {
    final Outcome.Step[] made = new Outcome.Step[names.added().size()];
    for (int place = 0; place < slots.length; place++) {
      if (!names.isFence(place)) {
        made[names.entries()[place]] = made(place);
      }
    }
    return Arrays.asList(made);
  }

  private Outcome.Step made(int place) {
    final Object found = slots[place];
    if (found instanceof Outcome.Step step) {
      return step;
    }
    final Provider by = (Provider) Objects.requireNonNull(found, "a step has no outcome");
    final long times = numbers[place];
    return new Outcome.Step(
        names.name(place),
        TransferResult.NO_ERROR,
        0,
        "",
        Snapshots.ordinary(by, nanos((int) (times >>> Integer.SIZE)), nanos((int) times)));
  }

  /** All ones stand for a time that is not known. */
  private static long nanos(int bits) {
    return bits == -1 ? -1 : Integer.toUnsignedLong(bits);
  }
}
