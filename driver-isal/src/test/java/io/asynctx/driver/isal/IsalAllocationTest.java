package io.asynctx.driver.isal;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.asynctx.raid.Kernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class IsalAllocationTest {
  private static final int LENGTH = 4096;
  private static final int BLOCKS = 5;
  private static final int ROUNDS = 5_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** One stray allocation of the JIT spread over all rounds; an object each is 16. */
  private static final long MOST_BYTES = 8;

  @Test
  void noCallAllocatesInTheSteadyState() {
    try (IsalLibrary library = Installed.open();
        Arena arena = Arena.ofShared()) {
      final IsalKernels kernels = new IsalKernels(library, Kernels.best());
      final MemorySegment[] data = new MemorySegment[BLOCKS];
      Arrays.setAll(data, i -> arena.allocate(LENGTH, 64));
      final MemorySegment p = arena.allocate(LENGTH, 64);
      final MemorySegment q = arena.allocate(LENGTH, 64);
      final Runnable round =
          () -> {
            kernels.xor(p, data, BLOCKS, 0, LENGTH);
            kernels.xorIsZero(data, BLOCKS, 0, LENGTH);
            kernels.pq(p, q, data, BLOCKS, 0, LENGTH);
            kernels.pqCheck(p, q, data, BLOCKS, 0, LENGTH);
            kernels.crc32c(p, 0, LENGTH, 1);
          };
      // The steady state begins when the JIT has caught up, on a busy machine much later than the
      // work.
      final long patience = System.nanoTime() + PATIENCE.toNanos();
      long each = allocatedByEach(round);
      while (each >= MOST_BYTES && System.nanoTime() < patience) {
        each = allocatedByEach(round);
      }
      assertTrue(each < MOST_BYTES, "allocated: bytes per round of five calls=" + each);
    }
  }

  private static long allocatedByEach(Runnable round) {
    final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    final long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < ROUNDS; i++) {
      round.run();
    }
    return (threads.getCurrentThreadAllocatedBytes() - before) / ROUNDS;
  }
}
