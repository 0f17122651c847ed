package io.asynctx.driver.ioat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.models.ioat.Fault;
import io.asynctx.models.ioat.IoatProfile;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A push and its doorbell in the middle of a restart, at every access the restart makes: by hand,
 * inside the poller's own access, where another thread might come.
 */
class IoatGateTest {
  private final Room room = new Room(5);
  private final List<Runnable> inside = new ArrayList<>();
  private final List<String> accesses = new ArrayList<>();
  private Rig rig;
  private IoatDevice device;
  private ChannelOps ops;
  private Client client;
  private String where = "";

  @BeforeEach
  void open() throws Exception {
    rig = Rig.synchronous(IoatProfile.RAID);
    device =
        IoatDevice.open(
            "ioat0",
            Wrapped.function(
                rig.function,
                (method, args) -> {
                  accesses.add(method + (args.length > 0 ? " " + args[0] : ""));
                  if (method.startsWith(where) && !where.isEmpty() && !inside.isEmpty()) {
                    inside.removeFirst().run();
                  }
                  return null;
                }),
            Rig.POLLED,
            IoatClock.SYSTEM);
    ops = device.open(0);
    client = new Client(ops, room);
  }

  @AfterEach
  void close() {
    device.close();
    rig.close();
  }

  private void pushedInside(Work work) {
    inside.add(() -> {
      client.push(work);
      ops.doorbell();
    });
  }

  /**
   * Everything pushed before and during the restart is done once, and no doorbell counts what is
   * not there: the model would run past it.
   */
  private void runs(Fault fault, Work failing, String access, int how) {
    rig.model.faults().clear();
    final List<Work> works = new ArrayList<>();
    works.add(failing);
    for (int i = 0; i < 6; i++) {
      works.add(Work.copy(100 + i, room, 64));
    }
    if (fault != null) {
      rig.model.faults().once(fault);
    }
    client.push(works.subList(0, 3).toArray(Work[]::new));
    ops.doorbell();
    works.subList(3, 3 + how).forEach(this::pushedInside);
    where = access;
    final long end = System.nanoTime() + Client.PATIENCE;
    while ((!client.open.isEmpty() || !inside.isEmpty()) && System.nanoTime() < end) {
      client.poll();
      if (client.open.isEmpty() && !inside.isEmpty()) {
        break; // this restart makes fewer accesses of this kind
      }
    }
    where = "";
    inside.clear();
    for (Work work : works.subList(0, 3)) {
      assertEquals(1, work.reports.size(), () -> access + ": " + work);
    }
    for (Work work : works.subList(3, 7)) {
      assertTrue(
          work.reports.isEmpty() || work.succeeded() && work.hasRightBytes(),
          () -> access + ": " + work);
    }
    assertTrue(client.open.isEmpty(), () -> access + ": " + client.open.values());
    assertEquals(List.of(), rig.model.violations());
  }

  @Test
  void aDoorbellInsideARestartAfterAMismatch() {
    for (String access : new String[] {"read", "write16", "write32", "readConfig", "writeConfig"}) {
      for (int how = 1; how <= 4; how++) {
        room.clear();
        runs(null, Work.xorCheck(1, room, 8, 100, true), access, how);
      }
    }
  }

  @Test
  void aDoorbellInsideAResetAndItsRestart() {
    for (String access : new String[] {"read8", "write8", "read64", "write16", "write32"}) {
      for (int how = 1; how <= 4; how++) {
        room.clear();
        runs(Fault.ADDRESS_ERROR, Work.copy(1, room, 64), access, how);
      }
    }
  }

  @Test
  void aDoorbellInsideADoorbellsOwnWriteIsRung() {
    final Work first = Work.copy(1, room, 64);
    final Work second = Work.copy(2, room, 64);
    pushedInside(second);
    where = "write16";
    client.run(first);
    client.drain();
    assertTrue(first.succeeded() && second.succeeded());
    assertTrue(accesses.stream().anyMatch(a -> a.equals("write16 134")), accesses::toString);
  }
}
