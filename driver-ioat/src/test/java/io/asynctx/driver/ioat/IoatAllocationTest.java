package io.asynctx.driver.ioat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.models.ioat.IoatProfile;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The model has a thread of its own, so what this thread allocates is the driver's. */
class IoatAllocationTest {
  private static final int ROUNDS = 2_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** One stray allocation of the JIT spread over all rounds; an object each is 16. */
  private static final long MOST_BYTES = 8;

  private static final class Counter implements CompletionSink {
    int done;
    int wrong;

    @Override
    public void completed(long tag, TransferResult result, long residue) {
      done++;
      wrong += result == TransferResult.NO_ERROR ? 0 : 1;
    }

    @Override
    public void validated(long tag, int sumCheck) {
      done++;
      wrong += sumCheck;
    }

    @Override
    public void stopped(long tag, TransferResult reason, long bytes) {
      wrong++;
    }

    @Override
    public void notStarted(long tag) {
      wrong++;
    }
  }

  @ParameterizedTest
  @CsvSource({"RAID, false", "RAID, true", "BWD, false"})
  void pushDoorbellAndPollAllocateNothing(IoatProfile profile, boolean interrupting)
      throws Exception {
    try (Rig rig = Rig.asynchronous(profile);
        IoatDevice device = rig.open(interrupting ? Rig.INTERRUPTING : Rig.POLLED)) {
      final ChannelOps ops = device.open(0);
      final Room room = new Room(1);
      ops.map(room.memory);
      final int most = device.limits(0).maxPq();
      final Work[] works = {
        Work.copy(1, room, 64),
        Work.fill(2, room, 64),
        Work.xor(3, room, most, 64),
        Work.xorCheck(4, room, most, 64, false),
        Work.pq(5, room, most, 64),
        Work.pqCheck(6, room, most, 64, false, false),
        Work.interrupt(7)
      };
      final Counter counter = new Counter();
      final long patience = System.nanoTime() + PATIENCE.toNanos();
      long each = allocatedByEach(ops, works, counter);
      while (each >= MOST_BYTES && System.nanoTime() < patience) {
        each = allocatedByEach(ops, works, counter);
      }
      assertTrue(each < MOST_BYTES, "allocated: bytes per round of seven transfers=" + each);
      assertEquals(0, counter.wrong);
      ops.terminateAll(counter, System.nanoTime() + TimeUnit.SECONDS.toNanos(1));
      ops.unmap(room.memory);
      ops.close();
    }
  }

  private static long allocatedByEach(ChannelOps ops, Work[] works, Counter counter) {
    final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    final long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < ROUNDS; i++) {
      final int target = counter.done + works.length;
      for (Work work : works) {
        ops.push(work);
      }
      ops.doorbell();
      while (counter.done < target) {
        ops.poll(works.length, counter);
        Thread.onSpinWait();
      }
    }
    return (threads.getCurrentThreadAllocatedBytes() - before) / ROUNDS;
  }
}
