package io.asynctx.raid;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Main of a child JVM: prints for every operation the bytes that all threads allocate during its
 * calls.
 */
final class AllocationProbe {
  private static final int WARM_UP_CALLS = 20_000;
  private static final int CALLS = 100_000;
  // Nine 512-bit vectors and a byte; the scalar kernels need no more than a few turns.
  private static final long VECTOR_LENGTH = 577;
  private static final long SCALAR_LENGTH = 9;
  private static final long HEAP_LENGTH = 33;

  private AllocationProbe() {}

  public static void main(String[] args) {
    final BulkKernels k = Kernels.choose(args[0]);
    System.out.println("kernels=" + k.name());
    Kernels.warmUp(k);
    final long length = k == Kernels.scalar() ? SCALAR_LENGTH : VECTOR_LENGTH;
    // Native again after heap: the JDK's shared type profiles have then seen both.
    for (final String memory : new String[] {"native", "heap", "native-again"}) {
      // Plain Java on the heap, so a few turns do.
      final long bytes = memory.equals("heap") ? Math.min(length, HEAP_LENGTH) : length;
      for (final int count : new int[] {2, 5, 8, 9}) {
        final MemorySegment[] all = new MemorySegment[count + 2];
        Arrays.setAll(all, i -> segment(memory.equals("heap"), bytes));
        final @Nullable MemorySegment[] data = Arrays.copyOf(all, count);
        operations(k, all[count], all[count + 1], data, count, bytes)
            .forEach((name, call) -> measure(memory + ' ' + name, count, call));
      }
    }
  }

  private static MemorySegment segment(boolean heap, long length) {
    return heap
        ? MemorySegment.ofArray(new byte[(int) length])
        : Arena.global().allocate(length, 64);
  }

  private static Map<String, Runnable> operations(
      BulkKernels k,
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] d,
      int n,
      long length) {
    final Map<String, Runnable> all = new LinkedHashMap<>();
    all.put("copy", () -> k.copy(p, q, 0, length));
    all.put("fill", () -> k.fill(p, 0, length, (byte) 0));
    all.put("equal", () -> k.equal(p, q, 0, length));
    all.put("crc32c", () -> k.crc32c(p, 0, length, 0));
    all.put("crc32c-from-a-seed", () -> k.crc32c(p, 0, length, 0x1234567));
    all.put("xor", () -> k.xor(p, d, n, 0, length));
    all.put("xor-in-place", () -> k.xor(d[0], d, n, 0, length));
    all.put("xorIsZero", () -> k.xorIsZero(d, n, 0, length));
    all.put("pq", () -> k.pq(p, q, d, n, 0, length));
    all.put("pq-q-only", () -> k.pq(null, q, d, n, 0, length));
    all.put("pqAccumulate", () -> k.pqAccumulate(p, q, d, n, 0, length));
    all.put("pqCheck", () -> k.pqCheck(p, q, d, n, 0, length));
    all.put("recoverTwoData", () -> k.recoverTwoData(p, q, d, n, 0, n - 1, 0, length));
    all.put("recoverDataAndP", () -> k.recoverDataAndP(p, q, d, n, n - 1, 0, length));
    return all;
  }

  private static void measure(String name, int count, Runnable call) {
    final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (int i = 0; i < WARM_UP_CALLS; i++) {
      call.run();
    }
    final long before = threads.getTotalThreadAllocatedBytes();
    for (int i = 0; i < CALLS; i++) {
      call.run();
    }
    final long bytes = threads.getTotalThreadAllocatedBytes() - before;
    System.out.println("operation=" + name + ", count=" + count + ", bytes=" + bytes);
  }
}
