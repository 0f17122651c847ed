package io.asynctx.tester;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.asynctx.dmaengine.ChannelGoneException;
import io.asynctx.dmaengine.DescriptorSnapshot;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.memory.DmaBuffer;
import io.asynctx.memory.DmaBuffers;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One thread's tests of one channel: fill, run, look at every byte. One operation, or one chain, at
 * a time.
 *
 * <p>Threading: one thread.
 */
final class ChannelTestWorker {

  /** Linux error numbers, as dmatest prints them in brackets. */
  private static final int OK = 0;

  private static final int EIO = -5;
  private static final int EAGAIN = -11;
  private static final int ENOMEM = -12;
  private static final int ENODEV = -19;
  private static final int ETIMEDOUT = -110;

  private static final long PREP_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final String name;
  private final DmaChannel channel;
  private final Exercise exercise;
  private final ChannelTestPlan plan;
  private final Consumer<String> print;
  private final SplittableRandom random;
  private final int alignment;
  private final int sources;
  private final Semaphore called = new Semaphore(0);
  private final SumCheck sumCheck = new SumCheck();

  private long offset;
  private long resultOffset;
  private int length;
  private long tests;
  private long failures;
  private long bytes;
  private long nanos;
  private int code = OK;
  private volatile @Nullable TransferResult callbackResult;

  ChannelTestWorker(
      DmaChannel channel,
      Exercise exercise,
      int index,
      ChannelTestPlan plan,
      Consumer<String> print) {
    this.name = channel.name() + "-" + exercise.label() + index;
    this.channel = channel;
    this.exercise = exercise;
    this.plan = plan;
    this.print = print;
    this.random = new SplittableRandom(plan.seed() ^ name.hashCode());
    this.alignment = Math.max(plan.alignment(), exercise.alignment(channel.limits()));
    this.sources = exercise.sources(plan, channel.limits());
  }

  /**
   * What a thread came to.
   *
   * @param thread channel, exercise and number
   * @param channel name of the channel
   * @param exercise what it did
   * @param tests how many
   * @param failures how many of these failed
   * @param iops operations a second, filling and comparing not counted
   * @param kilobytesPerSecond 1024 bytes a second
   * @param code 0, or the negative error number of the last failure
   */
  record Summary(
      String thread,
      String channel,
      String exercise,
      long tests,
      long failures,
      double iops,
      long kilobytesPerSecond,
      int code) {

    /** The line that dmatest prints. */
    String line() {
      return String.format(
          Locale.ROOT,
          "%s: summary %d tests, %d failures %.2f iops %d KB/s (%d)",
          thread,
          tests,
          failures,
          iops,
          kilobytesPerSecond,
          code);
    }
  }

  Summary run(DmaBuffers memory) {
    final int count = sources + exercise.results();
    final DmaBuffer buffer;
    try {
      buffer = memory.allocate((long) count * roomy(), Math.max(64, alignment));
    } catch (OutOfMemoryError e) {
      fail("out of memory", ENOMEM, List.of(Events.words(e)));
      return summary();
    }
    try {
      final MemorySegment[] buffers = new MemorySegment[count];
      for (int i = 0; i < count; i++) {
        buffers[i] = buffer.segment().asSlice((long) i * roomy(), plan.bufferSize());
      }
      final Trials trials = new Trials(channel, buffers, sources, random, sumCheck, this::called);
      boolean more = true;
      while (more && tests < plan.iterations() && !Thread.currentThread().isInterrupted()) {
        more = test(buffers, trials);
      }
    } catch (ChannelGoneException e) {
      fail("channel gone", ENODEV, List.of(Events.words(e)));
    } catch (EngineStoppedException e) {
      fail("engine stopped", ENODEV, List.of(Events.words(e)));
    } catch (RuntimeException e) {
      fail("exception", EIO, List.of(e.toString()));
    } finally {
      buffer.closeWhenIdle(); // a test that timed out may still be under way
    }
    return summary();
  }

  // Each buffer begins aligned.
  private long roomy() {
    final long step = Math.max(64, alignment);
    return (plan.bufferSize() + step - 1) / step * step;
  }

  private Summary summary() {
    final double seconds = Math.max(1, nanos) / 1e9;
    return new Summary(
        name,
        channel.name(),
        exercise.label(),
        tests,
        failures,
        nanos == 0 ? 0 : tests / seconds,
        nanos == 0 ? 0 : (long) (bytes / 1024.0 / seconds),
        code);
  }

  private void fail(String text, int code, List<String> details) {
    failures++;
    this.code = code;
    result(text, code);
    details.forEach(d -> print.accept(name + ":   " + d));
  }

  private void result(String text, long code) {
    print.accept(
        String.format(
            Locale.ROOT,
            "%s: result #%d: '%s' with src_off=0x%x dst_off=0x%x len=0x%x (%d)",
            name,
            tests,
            text,
            offset,
            resultOffset,
            length,
            code));
  }

  private void choose() {
    final int units = plan.bufferSize() / alignment;
    if (units == 0) {
      throw new IllegalStateException(
          "buffers are smaller than the alignment: bytes="
              + plan.bufferSize()
              + ", alignment="
              + alignment
              + "; raise --buf-size");
    }
    if (plan.transferSize() > 0) {
      length = Math.max(1, plan.transferSize() / alignment) * alignment;
    } else {
      length = (plan.random() ? 1 + random.nextInt(units) : units) * alignment;
    }
    final int free = (plan.bufferSize() - length) / alignment;
    offset = plan.random() ? (long) random.nextInt(free + 1) * alignment : 0;
    resultOffset = plan.random() ? (long) random.nextInt(free + 1) * alignment : 0;
  }

  /** One test; false iff no more may follow, since its operation did not end. */
  private boolean test(MemorySegment[] buffers, Trials trials) {
    tests++;
    choose();
    for (int i = 0; i < buffers.length; i++) {
      if (i < sources) {
        Regions.source(buffers[i], offset, length, i);
      } else {
        Regions.destination(buffers[i], resultOffset, length, i);
      }
    }
    trials.place(offset, resultOffset, length);
    final Trials.Trial trial = trials.next(exercise, tests % 2 == 0);
    final byte[][] before = new byte[buffers.length][];
    for (int i = 0; i < buffers.length && plan.verify(); i++) {
      before[i] = buffers[i].toArray(JAVA_BYTE);
    }
    final long began = System.nanoTime();
    called.drainPermits();
    callbackResult = null;
    final List<Long> handles = trial.submit();
    if (handles.isEmpty()) {
      fail("prep error", EAGAIN, List.of("no free descriptor; see dma:doctor"));
      channel.issuePending();
      LockSupport.parkNanos(PREP_RETRY_NANOS);
      return true;
    }
    channel.issuePending();
    final boolean ended = await(handles);
    nanos += System.nanoTime() - began;
    if (ended) {
      bytes += length;
      if (plan.verify()) {
        verify(trial, buffers, before);
      } else if (plan.verbose()) {
        result("test passed", 0);
      }
    }
    return ended || code != ETIMEDOUT;
  }

  private boolean await(List<Long> handles) {
    final long last = handles.getLast();
    final WaitResult waited = channel.waitFor(last, Duration.ofMillis(plan.timeoutMillis()));
    final List<DescriptorSnapshot> snapshots = handles.stream().map(channel::describe).toList();
    handles.forEach(channel::ack);
    if (waited == WaitResult.TIMED_OUT) {
      fail("test timed out", ETIMEDOUT, snapshots.stream().map(String::valueOf).toList());
      return false;
    }
    boolean good = true;
    try {
      if (!called.tryAcquire(plan.timeoutMillis(), TimeUnit.MILLISECONDS)) {
        fail("callback did not come", ETIMEDOUT, List.of(snapshots.getLast().toString()));
        return false;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    if (waited != WaitResult.COMPLETE || callbackResult != TransferResult.NO_ERROR) {
      final List<String> details =
          snapshots.stream()
              .map(s -> s.operation() + " " + s.result() + " " + s.detail() + " " + s.provenance())
              .toList();
      fail("completion error status", EIO, details);
      good = false;
    }
    return good;
  }

  private void called(long handle, TransferResult result, @Nullable Object parameter) {
    callbackResult = result;
    called.release();
  }

  private void verify(Trials.Trial trial, MemorySegment[] buffers, byte[][] before) {
    final Regions regions = new Regions();
    for (int i = 0; i < buffers.length; i++) {
      final String which = i < sources ? "src" + i : "dst" + (i - sources);
      final byte @Nullable [] expected = trial.expected(i);
      if (expected == null) {
        regions.unchanged(which, buffers[i], before[i]);
      } else {
        final long at = i < sources ? offset : resultOffset;
        regions.written(which, buffers[i], at, before[i], expected);
      }
    }
    if (trial.sumCheck() >= 0 && sumCheck.flags() != trial.sumCheck()) {
      fail(
          "wrong answer",
          EIO,
          List.of("sum check: expected=" + trial.sumCheck() + ", got=" + sumCheck.flags()));
    } else if (regions.wrong() > 0) {
      failures++;
      code = EIO;
      result("data error", regions.wrong());
      regions.lines().forEach(d -> print.accept(name + ":   " + d));
    } else if (plan.verbose()) {
      result("test passed", 0);
    }
  }
}
