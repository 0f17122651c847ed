package io.asynctx.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.raid.BulkKernels;
import io.asynctx.raid.Kernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CpuAllocationTest {
  private static final int LENGTH = 4096;
  private static final int DATA = 4;
  private static final int ROUNDS = 2_000;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** One stray allocation of the JIT or a counter spread over all rounds; an object each is 16. */
  private static final long MOST_BYTES_PER_TRANSFER = 8;

  private static final CompletionSink NOWHERE =
      new CompletionSink() {
        @Override
        public void completed(long tag, TransferResult result, long residue) {
          assertEquals(TransferResult.NO_ERROR, result);
        }

        @Override
        public void validated(long tag, int sumCheck) {}

        @Override
        public void stopped(long tag, TransferResult reason, long done) {}

        @Override
        public void notStarted(long tag) {}
      };

  @ParameterizedTest
  @EnumSource(DmaCap.class)
  void noOperationAllocatesInTheSteadyState(DmaCap operation) {
    final BulkKernels kernels = Kernels.best();
    Kernels.warmUp(kernels);
    final DeviceLimits limits = DeviceLimits.builder().worksInPoll(LENGTH).queue(8, 1).build();
    final CpuChannelOps ops = new CpuChannelOps("cpu9/0", kernels, limits, () -> null, () -> {});
    try (Arena arena = Arena.ofShared()) {
      final MemorySegment[] stripe =
          Stream.generate(() -> arena.allocate(LENGTH, 64))
              .limit(DATA + 2)
              .toArray(MemorySegment[]::new);
      final TestTransfer transfer = transfer(operation, stripe);
      // The steady state begins when the JIT has caught up, on a busy machine much later than the
      // work.
      final long patience = System.nanoTime() + PATIENCE.toNanos();
      long each = allocatedByEach(ops, transfer);
      while (each >= MOST_BYTES_PER_TRANSFER && System.nanoTime() < patience) {
        each = allocatedByEach(ops, transfer);
      }
      assertTrue(each < MOST_BYTES_PER_TRANSFER, "allocated: bytes per transfer=" + each);
    }
  }

  private static long allocatedByEach(CpuChannelOps ops, TestTransfer transfer) {
    final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    final long before = threads.getCurrentThreadAllocatedBytes();
    run(ops, transfer, ROUNDS);
    return (threads.getCurrentThreadAllocatedBytes() - before) / ROUNDS;
  }

  private static TestTransfer transfer(DmaCap operation, MemorySegment[] stripe) {
    final MemorySegment p = stripe[DATA];
    final MemorySegment q = stripe[DATA + 1];
    final MemorySegment[] data = Stream.of(stripe).limit(DATA).toArray(MemorySegment[]::new);
    final int[] powers = {1, 2, 4, 8};
    final TestTransfer transfer =
        new TestTransfer(1, operation, 0, operation == DmaCap.INTERRUPT ? 0 : LENGTH)
            .coefficients(i -> powers[i]);
    return switch (operation) {
      case MEMCPY -> transfer.to(p).from(data[0]);
      case MEMSET -> transfer.to(p);
      case XOR -> transfer.to(p).from(data);
      case XOR_VAL -> transfer.from(data);
      case PQ -> transfer.to(p, q).from(data);
      case PQ_VAL -> transfer.from(stripe);
      case RAID6_RECOV -> transfer.to(stripe[0], stripe[2]).from(stripe).lost(0, 2);
      case INTERRUPT -> transfer;
    };
  }

  private static void run(CpuChannelOps ops, TestTransfer transfer, int rounds) {
    for (int i = 0; i < rounds; i++) {
      assertTrue(ops.push(transfer));
      ops.doorbell();
      while (ops.poll(1, NOWHERE) == 0) {
        Thread.onSpinWait();
      }
    }
  }
}
