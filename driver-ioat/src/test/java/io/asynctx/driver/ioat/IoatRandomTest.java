package io.asynctx.driver.ioat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.models.ioat.Fault;
import io.asynctx.models.ioat.IoatProfile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Ten thousand operations with faults and resets, each ended exactly once, with the right bytes or
 * the right error. The client fails a second report, or one of a transfer it does not know.
 */
class IoatRandomTest {
  private static final int OPERATIONS = 10_000;
  private static final int BATCH = 24;
  private static final int MOST_BYTES = 700;
  private static final long ALLOWED = TimeUnit.MILLISECONDS.toNanos(400);

  private static final Map<Fault, TransferResult> ERRORS =
      Map.of(
          Fault.ADDRESS_ERROR, TransferResult.READ_FAILED,
          Fault.DESTINATION_ERROR, TransferResult.WRITE_FAILED,
          Fault.READ_DATA_ERROR, TransferResult.READ_FAILED,
          Fault.WRITE_DATA_ERROR, TransferResult.WRITE_FAILED);
  private static final List<Fault> FAULTS =
      List.of(
          Fault.ADDRESS_ERROR,
          Fault.DESTINATION_ERROR,
          Fault.READ_DATA_ERROR,
          Fault.WRITE_DATA_ERROR);

  private final SplittableRandom random = new SplittableRandom(20261124);
  private final Room room = new Room(7);
  private final MemorySegment stranger = Arena.ofAuto().allocate(64);
  private long tag;

  private List<Work> batch(IoatDevice device) {
    room.clear();
    final List<Work> works = new ArrayList<>();
    final int count = 1 + random.nextInt(BATCH);
    for (int i = 0; i < count; i++) {
      works.add(Work.any(tag++, room, device, random, MOST_BYTES));
    }
    return works;
  }

  /** Pushes all, rings and polls at random, and rings at last. */
  private void issue(Client client, List<Work> works) {
    for (Work work : works) {
      client.push(work);
      if (random.nextInt(4) == 0) {
        client.ops.doorbell();
      }
      if (random.nextInt(4) == 0) {
        client.poll();
      }
    }
    client.ops.doorbell();
  }

  /** By hand: the device works inside the doorbell, so that every error is known beforehand. */
  @ParameterizedTest
  @EnumSource(IoatProfile.class)
  void everyOperationEndsOnceWithTheRightBytesOrTheRightError(IoatProfile profile)
      throws Exception {
    try (Rig rig = Rig.synchronous(profile);
        IoatDevice device = rig.open(Rig.POLLED)) {
      final Client client = new Client(device.open(0), room);
      int failed = 0;
      int ended = 0;
      while (tag < OPERATIONS) {
        final List<Work> works = batch(device);
        switch (random.nextInt(8)) {
          case 0, 1, 2 -> failed += oneFails(rig, client, works);
          case 3 -> oneIsNotMapped(client, works);
          case 4 -> ended += endedBeforeTheDoorbell(client, works);
          case 5 -> ended += stuck(rig, client, works);
          default -> {
            issue(client, works);
            client.drain();
            works.forEach(IoatRandomTest::assertDone);
          }
        }
      }
      assertEquals(List.of(), rig.model.violations());
      assertTrue(failed > 100 && ended > 100, "failed=" + failed + ", ended=" + ended);
    }
  }

  private static void assertDone(Work work) {
    assertTrue(work.succeeded() && work.hasRightBytes(), work::toString);
  }

  private int oneFails(Rig rig, Client client, List<Work> works) {
    final List<Work> data = works.stream().filter(w -> w.operation != DmaCap.INTERRUPT).toList();
    final Fault fault = FAULTS.get(random.nextInt(FAULTS.size()));
    final int index = random.nextInt(works.size());
    rig.model.faults().on(fault, index, 1, 1);
    issue(client, works);
    client.drain();
    rig.model.faults().clear();
    final Work culprit = index < data.size() ? data.get(index) : null;
    for (Work work : works) {
      if (work == culprit) {
        assertEquals(List.of(ERRORS.get(fault) + " " + work.length), work.reports);
        assertTrue(work.isUntouched(), work::toString);
      } else {
        assertDone(work);
      }
    }
    return culprit == null ? 0 : 1;
  }

  private void oneIsNotMapped(Client client, List<Work> works) {
    final Work refused = Work.copy(tag++, stranger, room.of(new byte[64]));
    final List<Work> all = new ArrayList<>(works);
    all.add(random.nextInt(works.size() + 1), refused);
    issue(client, all);
    client.drain();
    works.forEach(IoatRandomTest::assertDone);
    assertEquals(List.of("WRITE_FAILED 64"), refused.reports);
  }

  /** Everything behind the last doorbell was not started. */
  private int endedBeforeTheDoorbell(Client client, List<Work> works) {
    final int rung = random.nextInt(works.size() + 1);
    issue(client, works.subList(0, rung));
    final boolean drained = random.nextBoolean();
    if (drained) {
      client.drain();
    }
    works.subList(rung, works.size()).forEach(client::push);
    assertEquals(Quiet.QUIET, client.terminate(ALLOWED));
    for (int i = 0; i < works.size(); i++) {
      final Work work = works.get(i);
      if (i >= rung) {
        assertEquals(List.of("not started"), work.reports, work::toString);
        assertTrue(work.isUntouched(), work::toString);
      } else if (drained) {
        assertDone(work);
      }
    }
    return goOn(client, works);
  }

  /** Done ones first; then at most one that nobody can tell of; the rest was not started. */
  private int stuck(Rig rig, Client client, List<Work> works) {
    rig.model.faults().on(Fault.STUCK, random.nextInt(works.size()), 1, 1);
    issue(client, works);
    for (int i = 0; i < 20; i++) {
      client.poll();
    }
    assertEquals(Quiet.QUIET, client.terminate(ALLOWED));
    rig.model.faults().clear();
    return goOn(client, works);
  }

  private static int goOn(Client client, List<Work> works) {
    int unknown = 0;
    boolean stopped = false;
    for (Work work : works) {
      if (work.reports.isEmpty()) {
        unknown++;
        stopped = true;
      } else if (work.reports.equals(List.of("not started"))) {
        assertTrue(work.isUntouched(), work::toString);
        stopped = true;
      } else {
        assertTrue(!stopped && work.succeeded(), work::toString);
        assertDone(work);
      }
    }
    assertTrue(unknown <= 1, "left out: " + works);
    client.open.clear();
    assertTrue(client.ops.reset(System.nanoTime() + ALLOWED));
    return 1;
  }

  /** On a thread of its own, slow, late and coalescing: which one fails is not known beforehand. */
  @Test
  void aDeviceOfItsOwnPaceWithEveryFaultEndsEveryOperationOnce() throws Exception {
    try (Rig rig = Rig.asynchronous(IoatProfile.RAID);
        IoatDevice device = rig.open(Rig.POLLED)) {
      final Client client = new Client(device.open(0), room);
      rig.model.coalesce(true);
      rig.model.latencyNanos(TimeUnit.MICROSECONDS.toNanos(50));
      int failed = 0;
      while (tag < OPERATIONS) {
        final Fault fault = FAULTS.get(random.nextInt(FAULTS.size()));
        rig.model.faults().on(fault, random.nextInt(2 * BATCH), 5, 3);
        final List<Work> works = batch(device);
        issue(client, works);
        if (random.nextInt(10) == 0) {
          assertEquals(Quiet.QUIET, client.terminate(ALLOWED));
          client.open.clear();
          assertTrue(client.ops.reset(System.nanoTime() + ALLOWED));
        } else {
          client.drain();
        }
        rig.model.faults().clear();
        for (Work work : works) {
          assertTrue(work.reports.size() <= 1, work::toString);
          if (work.succeeded()) {
            assertTrue(work.hasRightBytes(), work::toString);
          } else if (work.reports.equals(List.of(ERRORS.get(fault) + " " + work.length))) {
            failed++;
          } else {
            assertTrue(
                work.reports.isEmpty() || work.reports.equals(List.of("not started")),
                work::toString);
          }
        }
      }
      assertTrue(failed > 100, "failed=" + failed);
    }
  }
}
