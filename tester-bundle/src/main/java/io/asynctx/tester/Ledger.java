package io.asynctx.tester;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.DescriptorSnapshot;
import io.asynctx.dmaengine.Provenance;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The job's own book of operations, kept without asking the engine for its counters: every one
 * handed over is entered, and its callback enters how it ended and who ran it.
 *
 * <p>Threading: any thread; a {@link Batch} belongs to the thread that submits into it.
 */
final class Ledger {

  private final AsyncTx async;
  private final LongAdder submitted = new LongAdder();
  private final LongAdder callbacks = new LongAdder();
  private final LongAdder ok = new LongAdder();
  private final LongAdder error = new LongAdder();
  private final LongAdder aborted = new LongAdder();
  private final LongAdder synchronous = new LongAdder();
  private final LongAdder displaced = new LongAdder();
  private final Map<Provider, LongAdder> providers = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable String> firstFailure = new AtomicReference<>();

  Ledger(AsyncTx async) {
    this.async = async;
  }

  /** Calls one method of {@link AsyncTx} with the control it is given. */
  @FunctionalInterface
  interface Operation {
    long submit(AsyncTx async, SubmitControl control);
  }

  /**
   * Hands one operation to the engine and enters it.
   *
   * @param batch what waits for it
   * @param control flags and dependencies; its callback is set here
   * @return its handle
   */
  long submit(Batch batch, SubmitControl control, Operation operation) {
    control.callback(this::completed, batch);
    batch.expected++; // first: a synchronous operation calls back before it returns
    final long handle;
    try {
      handle = operation.submit(async, control);
    } catch (RuntimeException | Error e) {
      batch.expected--;
      throw e;
    }
    if (handle == AsyncTx.NONE) {
      batch.expected--;
      throw new IllegalStateException(
          "no descriptor was free although the policy says to wait: policy=" + control.policy());
    }
    submitted.increment();
    return handle;
  }

  private void completed(long handle, TransferResult result, @Nullable Object parameter) {
    try {
      callbacks.increment();
      switch (result) {
        case NO_ERROR -> ok.increment();
        case ABORTED, CANCELLED -> aborted.increment();
        default -> error.increment();
      }
      final DescriptorSnapshot snapshot = async.describe(handle);
      enter(snapshot.provenance());
      if (result != TransferResult.NO_ERROR) {
        firstFailure.compareAndSet(
            null,
            "operation=%s, result=%s, channel=%s, attempts=%d, detail=%s, reasons=%s"
                .formatted(
                    snapshot.operation(),
                    result,
                    snapshot.provenance().channel(),
                    snapshot.provenance().attempts(),
                    snapshot.detail(),
                    snapshot.provenance().reasons()));
      }
    } finally {
      if (parameter instanceof Batch batch) {
        if (result != TransferResult.NO_ERROR) {
          batch.failed = true;
        }
        batch.ended.release();
      }
    }
  }

  private void enter(Provenance who) {
    if (who.displaced()) {
      displaced.increment();
    }
    if (who.kind() == ProviderKind.SYNCHRONOUS) {
      synchronous.increment();
      return;
    }
    final Provider provider =
        new Provider(
            who.driver(), who.driverVersion(), who.device(), who.channel(), who.kind().toString());
    providers.computeIfAbsent(provider, p -> new LongAdder()).increment();
  }

  /**
   * Who runs operations.
   *
   * @param bundle symbolic name of the driver's bundle
   * @param bundleVersion version of that bundle
   * @param device name of the device
   * @param channel name of the channel
   * @param kind hardware, emulated or software
   */
  record Provider(
      String bundle, String bundleVersion, String device, String channel, String kind) {}

  /**
   * What one provider ran.
   *
   * @param bundle as {@link Provider}
   * @param bundleVersion as there
   * @param device as there
   * @param channel as there
   * @param kind as there
   * @param operations how many
   */
  record Share(
      String bundle,
      String bundleVersion,
      String device,
      String channel,
      String kind,
      long operations) {}

  long submitted() {
    return submitted.sum();
  }

  /** Operations handed over that have not called back yet. */
  long unfinished() {
    return submitted.sum() - callbacks.sum();
  }

  long callbacks() {
    return callbacks.sum();
  }

  long ok() {
    return ok.sum();
  }

  long error() {
    return error.sum();
  }

  long aborted() {
    return aborted.sum();
  }

  long synchronous() {
    return synchronous.sum();
  }

  long displaced() {
    return displaced.sum();
  }

  /** The first operation that failed, in words; null if none did. */
  @Nullable String firstFailure() {
    return firstFailure.get();
  }

  /** What each channel of each driver version ran. */
  List<Share> shares() {
    return providers.entrySet().stream()
        .map(e -> {
          final Provider p = e.getKey();
          return new Share(
              p.bundle(), p.bundleVersion(), p.device(), p.channel(), p.kind(), e.getValue().sum());
        })
        .sorted(
            Comparator.comparing(Share::bundle)
                .thenComparing(Share::bundleVersion)
                .thenComparing(Share::channel))
        .toList();
  }

  /** Operations waited for together. Used again and again by one thread. */
  static final class Batch {
    private final Semaphore ended = new Semaphore(0);
    private int expected;
    private volatile boolean failed;

    /**
     * Waits until everything submitted into it has ended; then it is empty again.
     *
     * @return false iff the time was up first
     */
    boolean await(Duration patience) throws InterruptedException {
      if (!ended.tryAcquire(expected, patience.toNanos(), TimeUnit.NANOSECONDS)) {
        return false;
      }
      expected = 0;
      return true;
    }

    /** Whether any operation of it ever failed. */
    boolean failed() {
      return failed;
    }
  }
}
