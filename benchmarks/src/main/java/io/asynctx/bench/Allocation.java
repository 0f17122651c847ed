package io.asynctx.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * What operations leave on the heap, by the counters of all threads, ended ones included. What the
 * operations allocate is in every sample; what goes on besides, once a second or so, is in some. So
 * the smallest sample is theirs.
 */
public final class Allocation {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final int SAMPLES = 9;

  private Allocation() {}

  /**
   * Bytes of one operation, in several samples after everything is compiled.
   *
   * @param effort how long it is warmed up; each sample has 100,000 operations
   * @param loop does the operation as many times as it is told, and returns when all have ended
   * @return a number for each sample
   */
  public static double[] perOperation(Effort effort, LongConsumer loop) {
    final int operations = 100_000;
    Sampler.run(
        new Effort(1, effort.sampleNanos(), effort.warmNanos()),
        List.of(Variant.timed("warm", loop)));
    loop.accept(operations);
    final long looking = looking();
    final double[] bytes = new double[SAMPLES];
    for (int i = 0; i < bytes.length; i++) {
      final long before = THREADS.getTotalThreadAllocatedBytes();
      loop.accept(operations);
      final long found = THREADS.getTotalThreadAllocatedBytes() - before - looking;
      bytes[i] = Math.max(0, found) / (double) operations;
    }
    return bytes;
  }

  /** What a look at the counters itself allocates. */
  private static long looking() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 100; i++) {
      final long before = THREADS.getTotalThreadAllocatedBytes();
      least = Math.min(least, THREADS.getTotalThreadAllocatedBytes() - before);
    }
    return least;
  }
}
