package io.asynctx.driver.ioat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.models.Access;
import io.asynctx.models.ioat.Fault;
import io.asynctx.models.ioat.IoatProfile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A channel whose device is wrong, on purpose and by the model's switches. */
class IoatFaultsTest {
  private static final long SHORT = TimeUnit.MILLISECONDS.toNanos(300);
  private static final long LONG = TimeUnit.SECONDS.toNanos(5);

  private final Room room = new Room(1);
  private Rig rig;
  private IoatDevice device;
  private Client client;

  private void start(Rig on) throws IoatUnusableException {
    rig = on;
    device = rig.open(Rig.POLLED);
    client = new Client(device.open(0), room);
  }

  @AfterEach
  void end() {
    if (device != null) {
      device.close();
      device = null;
    }
    if (rig != null) {
      rig.close();
      rig = null;
    }
  }

  private Work[] copies(int count) {
    final Work[] works = new Work[count];
    for (int i = 0; i < count; i++) {
      works[i] = Work.copy(i, room, 100 + i);
    }
    return works;
  }

  private static void assertAllButOne(Work[] works, int one, String how) {
    for (int i = 0; i < works.length; i++) {
      final Work work = works[i];
      if (i == one) {
        assertEquals(List.of(how), work.reports);
      } else {
        assertTrue(work.succeeded() && work.hasRightBytes(), work::toString);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ADDRESS_ERROR, READ_FAILED",
    "DESTINATION_ERROR, WRITE_FAILED",
    "READ_DATA_ERROR, READ_FAILED",
    "WRITE_DATA_ERROR, WRITE_FAILED",
    "HALT, DEVICE_FAILED"
  })
  void theTransferThatHaltsFailsAndTheOthersGoOn(Fault fault, TransferResult result)
      throws Exception {
    for (IoatProfile profile : IoatProfile.values()) {
      for (int failing : new int[] {0, 3, 6}) {
        start(Rig.asynchronous(profile));
        room.clear();
        final Work[] works = copies(7);
        rig.model.faults().on(fault, failing, 1, 1);
        client.run(works);
        assertAllButOne(works, failing, result + " " + (100 + failing));
        assertTrue(works[failing].isUntouched() || fault == Fault.HALT, "wrote before it halted");
        client.run(copies(5));
        end();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(IoatProfile.class)
  void whatIsPushedWhileAChannelIsResetIsDoneAfterIt(IoatProfile profile) throws Exception {
    start(Rig.synchronous(profile));
    rig.model.faults().once(Fault.ADDRESS_ERROR);
    final Work[] works = copies(40);
    for (Work work : works) {
      client.push(work);
      client.ops.doorbell();
      client.poll();
    }
    client.drain();
    assertAllButOne(works, 0, "READ_FAILED 100");
  }

  @Test
  void manyErrorsInARowEndEachWithItsOwnResult() throws Exception {
    start(Rig.asynchronous(IoatProfile.RAID));
    rig.model.faults().on(Fault.WRITE_DATA_ERROR, 0, 2, 1000);
    final Work[] works = copies(60);
    client.run(works);
    int failed = 0;
    for (Work work : works) {
      if (work.succeeded()) {
        assertTrue(work.hasRightBytes(), work::toString);
      } else {
        assertEquals(List.of("WRITE_FAILED " + work.length), work.reports);
        failed++;
      }
    }
    assertEquals(works.length / 2, failed);
  }

  @Test
  void aCheckThatFindsSomethingNeedsNoResetWhereItHalts() throws Exception {
    start(Rig.synchronous(IoatProfile.RAID));
    rig.model.log().start();
    final Work[] works = {
      Work.xorCheck(0, room, 8, 500, true),
      Work.copy(1, room, 300),
      Work.pqCheck(2, room, 8, 500, true, false),
      Work.pqCheck(3, room, 2, 500, false, true),
      Work.pqCheck(4, room, 5, 500, true, true),
      Work.xorCheck(5, room, 2, 500, true),
      Work.xorCheck(6, room, 3, 500, false),
      Work.pq(7, room, 8, 500)
    };
    client.run(works);
    assertAllButOne(works, -1, "");
    final List<Access> log = rig.model.log().entries();
    assertTrue(log.stream().anyMatch(a -> a.register().contains("ERR")), "nothing halted");
    assertTrue(log.stream().noneMatch(a -> a.register().equals("ch0 RESET")), log::toString);
  }

  @Test
  void aCheckThatFindsSomethingDoesNotHaltWhereItWritesBack() throws Exception {
    start(Rig.synchronous(IoatProfile.BWD));
    rig.model.log().start();
    final Work[] works = {
      Work.xorCheck(0, room, 16, 500, true),
      Work.pqCheck(1, room, 16, 500, true, false),
      Work.pqCheck(2, room, 9, 500, false, true),
      Work.pqCheck(3, room, 8, 500, true, true),
      Work.pqCheck(4, room, 8, 500, false, false),
      Work.xorCheck(5, room, 2, 500, true)
    };
    client.run(works);
    assertAllButOne(works, -1, "");
    assertTrue(
        rig.model.log().entries().stream().noneMatch(a -> a.register().equals("ch0.CHANERR")),
        "it halted");
  }

  @Test
  void aCheckThatFailsForAnotherReasonIsAnError() throws Exception {
    start(Rig.asynchronous(IoatProfile.RAID));
    rig.model.faults().once(Fault.READ_DATA_ERROR);
    final Work check = Work.xorCheck(0, room, 4, 100, true);
    client.run(check);
    assertEquals(List.of("READ_FAILED 100"), check.reports);
  }

  @Test
  void anOperandThatIsNotMappedIsRefusedBeforeTheDeviceIsTouched() throws Exception {
    start(Rig.synchronous(IoatProfile.RAID));
    final MemorySegment stranger = Arena.ofAuto().allocate(64);
    final MemorySegment known = room.of(new byte[64]);
    final long before = rig.model.descriptors();
    final Work[] works = {
      Work.copy(0, room, 64),
      Work.copy(1, known, stranger),
      Work.copy(2, stranger, known),
      Work.copy(3, room, 64)
    };
    client.run(works);
    assertTrue(works[0].succeeded() && works[3].succeeded());
    assertEquals(List.of("READ_FAILED 64"), works[1].reports);
    assertEquals(List.of("WRITE_FAILED 64"), works[2].reports);
    assertEquals(2, rig.model.descriptors() - before);
    client.ops.unmap(room.memory);
    final Work after = Work.copy(4, room, 64);
    client.run(after);
    assertEquals(List.of("READ_FAILED 64"), after.reports);
    assertEquals(2, rig.model.descriptors() - before);
  }

  /** Mapped as the driver knows, but not for the IOMMU: the device asks and is refused. */
  @Test
  void whatTheIommuRefusesFailsItsTransferAlone() throws Exception {
    final Room strange = new Room(2);
    rig = Rig.asynchronous(IoatProfile.RAID);
    device =
        IoatDevice.open(
            "ioat0",
            Wrapped.function(
                rig.function,
                (method, args) -> {
                  final boolean strangers =
                      method.equals("mapDma")
                          && ((MemorySegment) args[0]).address() == strange.memory.address();
                  return strangers ? 0xdead000L : null;
                }),
            Rig.POLLED,
            IoatClock.SYSTEM);
    client = new Client(device.open(0), room);
    client.ops.map(strange.memory);
    final Work[] works = {
      Work.copy(0, room, 64),
      Work.copy(1, room.of(new byte[64]), strange.of(new byte[64])),
      Work.copy(2, strange.of(new byte[64]), room.of(new byte[64])),
      Work.pq(3, strange, 5, 64),
      Work.xor(4, room, 6, 64)
    };
    client.run(works);
    assertTrue(works[0].succeeded() && works[4].succeeded() && works[4].hasRightBytes());
    assertEquals(List.of("READ_FAILED 64"), works[1].reports);
    assertEquals(List.of("WRITE_FAILED 64"), works[2].reports);
    assertEquals(List.of("READ_FAILED 64"), works[3].reports);
  }

  @Test
  void aStuckChannelIsQuietAfterItsReset() throws Exception {
    start(Rig.asynchronous(IoatProfile.RAID));
    rig.model.faults().on(Fault.STUCK, 3, 1, 1);
    final Work[] works = copies(8);
    client.push(works);
    client.ops.doorbell();
    while (client.open.size() > 5) {
      client.poll();
    }
    final Work late = Work.copy(100, room, 10);
    client.push(late);
    assertEquals(Quiet.QUIET, client.terminate(SHORT));
    for (int i = 0; i < 3; i++) {
      assertTrue(works[i].succeeded(), works[i]::toString);
    }
    assertEquals(List.of("not started"), late.reports);
    assertEquals(List.of(), works[3].reports, "it may have begun");
    for (int i = 4; i < 8; i++) {
      assertEquals(List.of("not started"), works[i].reports);
    }
    assertEquals(0, client.poll());
    client.open.clear();
    assertTrue(client.ops.reset(System.nanoTime() + SHORT));
    client.run(copies(8));
  }

  @Test
  void aSuspendedChannelTellsWhatItHasNotStarted() throws Exception {
    start(Rig.asynchronous(IoatProfile.SKX));
    rig.model.latencyNanos(TimeUnit.SECONDS.toNanos(9));
    final Work[] works = copies(4);
    client.push(works);
    client.ops.doorbell();
    assertEquals(Quiet.QUIET, client.terminate(SHORT));
    assertEquals(List.of(), works[0].reports, "it may have begun");
    for (int i = 1; i < 4; i++) {
      assertEquals(List.of("not started"), works[i].reports);
      assertTrue(works[i].isUntouched());
    }
  }

  @Test
  void aChannelThatHaltedTellsWhoDidItAndWhatItHasNotStarted() throws Exception {
    start(Rig.synchronous(IoatProfile.RAID));
    rig.model.faults().on(Fault.WRITE_DATA_ERROR, 1, 1, 1);
    final Work[] works = copies(4);
    client.push(works);
    client.ops.doorbell();
    assertEquals(Quiet.QUIET, client.terminate(SHORT));
    assertTrue(works[0].succeeded() && works[0].hasRightBytes());
    assertEquals(List.of("WRITE_FAILED 101"), works[1].reports);
    assertEquals(List.of("not started"), works[2].reports);
    assertEquals(List.of("not started"), works[3].reports);
  }

  @Test
  void aCheckThatHaltedTheChannelIsAnsweredByItsEnd() throws Exception {
    start(Rig.synchronous(IoatProfile.RAID));
    final Work check = Work.xorCheck(0, room, 8, 100, true);
    client.push(check, Work.copy(1, room, 100));
    client.ops.doorbell();
    assertEquals(Quiet.QUIET, client.terminate(SHORT));
    assertTrue(check.succeeded(), check::toString);
  }

  @Test
  void aResetThatIsUnderWayEndsWithTheChannel() throws Exception {
    start(Rig.asynchronous(IoatProfile.SKX));
    rig.model.faults().once(Fault.ADDRESS_ERROR);
    rig.model.faults().on(Fault.NEVER_QUIET, 0, 1, 1);
    final Work[] works = copies(3);
    client.push(works);
    client.ops.doorbell();
    while (!((IoatChannelOps) client.ops).recovering()) {
      client.poll();
    }
    assertEquals(Quiet.QUIET, client.terminate(SHORT));
    client.open.clear();
    assertTrue(client.ops.reset(System.nanoTime() + SHORT));
    client.run(copies(3));
  }

  @Test
  void aChannelThatIsNeverQuietSaysSoAndCannotBeOpenedAgain() throws Exception {
    start(Rig.asynchronous(IoatProfile.RAID));
    client.run(copies(3));
    rig.model.faults().on(Fault.NEVER_QUIET);
    assertEquals(Quiet.NOT_QUIET, client.terminate(SHORT));
    assertFalse(client.ops.reset(System.nanoTime() + SHORT));
    client.ops.unmap(room.memory);
    client.ops.close();
    final IllegalStateException e = assertThrows(IllegalStateException.class, () -> device.open(0));
    assertTrue(e.getMessage().contains("register=CHANCMD, value=0x20"), e.getMessage());
    rig.model.faults().clear();
    client = new Client(device.open(0), room);
    client.run(copies(3));
  }

  @Test
  void withTimeForItTheWholeFunctionIsReset() throws Exception {
    start(Rig.asynchronous(IoatProfile.RAID));
    client.run(copies(3));
    rig.model.faults().on(Fault.NEVER_QUIET);
    assertEquals(Quiet.QUIET, client.terminate(LONG));
    rig.model.faults().clear();
    assertTrue(client.ops.reset(System.nanoTime() + LONG));
    client.run(copies(3));
  }

  @Test
  void theWholeFunctionIsNotResetUnderAnotherChannel() throws Exception {
    start(
        new Rig(
            io.asynctx.models.ioat.IoatSettings.asynchronous(IoatProfile.RAID).withChannels(2)));
    final Client other = new Client(device.open(1), room);
    rig.model.faults().on(Fault.NEVER_QUIET);
    assertEquals(Quiet.NOT_QUIET, client.terminate(LONG));
    final Work work = Work.copy(1, room, 100);
    other.run(work);
    assertTrue(work.succeeded());
  }

  @Test
  void aCompletionThatNamesNoDescriptorIsTheDevicesFailure() throws Exception {
    start(Rig.synchronous(IoatProfile.SKX));
    client.run(copies(2));
    rig.model.faults().on(Fault.WRONG_COMPLETION, 5, 1, 1);
    assertFails(() -> client.run(copies(6)), "names no descriptor of this channel");
  }

  /** Written over the completion word by hand: a descriptor that completed before, or none yet. */
  @ParameterizedTest
  @ValueSource(ints = {-2, 3})
  void aCompletionThatRunsBackwardsOrAheadIsTheDevicesFailure(int by) throws Exception {
    final MemorySegment ring = startWithRing(IoatProfile.SKX);
    client.run(copies(5));
    completionWord(ring, completionWord(ring) + 64L * by);
    assertFails(client::poll, "runs backwards, or ahead of the doorbell");
  }

  /** On a device that works inside the doorbell; the memory of the channel's ring. */
  private MemorySegment startWithRing(IoatProfile profile) throws IoatUnusableException {
    final List<MemorySegment> mapped = new ArrayList<>();
    rig = Rig.synchronous(profile);
    device =
        IoatDevice.open(
            "ioat0",
            Wrapped.function(
                rig.function,
                (method, args) -> {
                  if (method.equals("mapDma")) {
                    mapped.add((MemorySegment) args[0]);
                  }
                  return null;
                }),
            Rig.POLLED,
            IoatClock.SYSTEM);
    final ChannelOps ops = device.open(0);
    final MemorySegment ring = mapped.getLast();
    client = new Client(ops, room);
    return ring;
  }

  private static long completionWord(MemorySegment ring) {
    return ring.get(ValueLayout.JAVA_LONG, ring.byteSize() - 4096);
  }

  private static void completionWord(MemorySegment ring, long value) {
    ring.set(ValueLayout.JAVA_LONG, ring.byteSize() - 4096, value);
  }

  /**
   * A part may tell of the old chain's last descriptor once more, after a restart without reset.
   */
  @ParameterizedTest
  @ValueSource(ints = {IoatRegisters.IDLE, IoatRegisters.HALTED})
  void aLateCompletionOfTheChainBeforeIsNoProgressAndNoFailure(int state) throws Exception {
    final MemorySegment ring = startWithRing(IoatProfile.RAID);
    client.run(copies(3));
    final long before = completionWord(ring) & ~0x3fL;
    client.run(Work.xorCheck(10, room, 4, 100, true));
    completionWord(ring, before | state);
    assertEquals(0, client.poll());
    final Work[] works = copies(3);
    client.run(works);
    assertAllButOne(works, -1, "");
    completionWord(ring, before | state);
    assertFails(client::poll, "runs backwards");
  }

  private void assertFails(Executable work, String text) {
    final IllegalStateException e = assertThrows(IllegalStateException.class, work);
    assertTrue(e.getMessage().contains(text), e.getMessage());
    assertTrue(
        e.getMessage().contains("channel=ioat0/0, register=completion word, value=0x"),
        e.getMessage());
    assertThrows(IllegalStateException.class, client::poll);
    rig.model.faults().clear();
    assertEquals(Quiet.QUIET, client.terminate(SHORT));
    client.open.clear();
    assertTrue(client.ops.reset(System.nanoTime() + SHORT));
    client.run(copies(6));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aDeviceThatRunsPastItsDoorbellIsTheDevicesFailure(int after) throws Exception {
    start(Rig.synchronous(IoatProfile.RAID));
    rig.model.faults().on(Fault.EXT_NOT_COUNTED, after, 1, 1);
    final IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> {
              for (int i = 0; i < 3; i++) {
                client.run(Work.xor(i, room, 6, 100));
              }
            });
    assertTrue(
        e.getMessage().contains("halted with nothing to do: CHANERR=0x00000800 (transfer length)"),
        e.getMessage());
    assertEquals(Quiet.QUIET, client.terminate(SHORT));
  }

  @Test
  void aCompletionThatNamesTheOneBeforeIsNoProgressAndTheNextMakesUpForIt() throws Exception {
    start(Rig.synchronous(IoatProfile.SKX));
    final Work[] works = copies(3);
    client.run(works[0]);
    rig.model.faults().once(Fault.COMPLETION_BACKWARDS);
    client.push(works[1]);
    client.ops.doorbell();
    assertEquals(0, client.poll());
    client.run(works[2]);
    assertAllButOne(works, -1, "");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5})
  void aFunctionThatLeavesIsNamedAndQuietBecauseNothingIsMapped(int after) throws Exception {
    start(Rig.asynchronous(IoatProfile.RAID));
    client.run(copies(after));
    rig.model.latencyNanos(TimeUnit.SECONDS.toNanos(1));
    rig.model.faults().once(Fault.VANISH);
    client.push(copies(4));
    client.ops.doorbell();
    final IllegalStateException e = assertThrows(IllegalStateException.class, client::drain);
    assertTrue(
        e.getMessage().contains("device does not answer: channel=ioat0/0, register=CHANSTS"),
        e.getMessage());
    assertTrue(e.getMessage().contains("value=0xffffffffffffffff"), e.getMessage());
    assertEquals(Quiet.QUIET, client.terminate(SHORT));
    assertFalse(client.ops.reset(System.nanoTime() + SHORT));
    client.ops.unmap(room.memory);
    client.ops.close();
    assertTrue(
        assertThrows(IllegalStateException.class, () -> device.open(0))
            .getMessage()
            .contains("CBVER"));
  }

  @Test
  void registersThatChangeAreFoundWhenAChannelOpens() throws Exception {
    start(Rig.asynchronous(IoatProfile.RAID));
    rig.model.faults().once(Fault.REGISTERS_CHANGE);
    client.run(copies(1));
    assertEquals(Quiet.QUIET, client.terminate(SHORT));
    client.ops.close();
    final IllegalStateException e = assertThrows(IllegalStateException.class, () -> device.open(0));
    assertTrue(e.getMessage().contains("registers changed: channel=ioat0/0"), e.getMessage());
    assertTrue(e.getMessage().contains("CBVER, value=0x12"), e.getMessage());
  }

  @Test
  void completionsThatAreAllLateOnlyTakeTheirTime() throws Exception {
    start(Rig.asynchronous(IoatProfile.RAID));
    rig.model.faults().on(Fault.LATE_COMPLETION);
    final Work[] works = copies(10);
    client.run(works);
    assertAllButOne(works, -1, "");
  }
}
