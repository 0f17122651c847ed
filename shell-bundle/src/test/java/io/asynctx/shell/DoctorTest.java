package io.asynctx.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.driver.DriverReport;
import io.asynctx.dmaengine.dto.BufferDTO;
import io.asynctx.dmaengine.dto.ClientDTO;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DoctorTest {

  private final FakeInspector inspector = new FakeInspector();
  private final Map<String, String> properties =
      new HashMap<>(Map.of(Doctor.LOCK_TIMEOUT, "30000"));
  private final List<DriverReport> reports = new ArrayList<>();
  private boolean vector = true;

  private List<Diagnosis> examine() {
    return new Doctor(reports, properties::get, vector).examine("default", inspector);
  }

  private Diagnosis only(String level) {
    final List<Diagnosis> found = examine().stream().filter(d -> d.level().equals(level)).toList();
    assertEquals(1, found.size(), found::toString);
    return found.get(0);
  }

  private void healthy() {
    inspector.devices = List.of(FakeInspector.device("soft0", "software", "serving"));
    inspector.channels =
        List.of(FakeInspector.channel("soft0", "software", "ACTIVE", List.of("async_tx")));
  }

  @Test
  void aHealthyMachineIsAllOk() {
    healthy();
    assertTrue(
        examine().stream().allMatch(d -> d.level().equals("ok")), () -> examine().toString());
    assertEquals(
        List.of("engine default", "device soft0", "kernels"),
        examine().stream().map(Diagnosis::subject).toList());
  }

  @Test
  void withoutAnEngineThereIsStillAnAnswer() {
    final List<Diagnosis> found =
        new Doctor(reports, properties::get, vector).examine("default", null);
    assertEquals(
        Diagnosis.problem("engine default", "engine stopped", "start its bundle; look at scr:list"),
        found.get(0));
    assertEquals(2, found.size());
  }

  @Test
  void withoutADriverTheCpuIsNamed() {
    assertTrue(only("warning").finding().startsWith("none"));
  }

  @Test
  void oldUnacknowledgedDescriptorsAreAWarningYoungOnesANote() {
    healthy();
    inspector.engine = FakeInspector.engine("ACTIVE", 3, 5000, 0, 2000);
    assertEquals(
        "3 descriptors ended and not acknowledged, the oldest for 5 s", only("note").finding());
    inspector.engine = FakeInspector.engine("ACTIVE", 1, 3_600_000, 0, 2000);
    assertEquals(
        "1 descriptor ended and not acknowledged, the oldest for 60 min",
        only("warning").finding());
  }

  @Test
  void operationsWithoutAChannelAreAWarning() {
    healthy();
    inspector.engine = FakeInspector.engine("ACTIVE", 0, 0, 7, 2000);
    assertEquals("7 operations waiting without any channel", only("warning").finding());
  }

  @Test
  void aRemovalLongerThanTheLockTimeoutIsAProblem() {
    healthy();
    properties.clear(); // the default is 5 s
    assertFalse(examine().stream().anyMatch(d -> d.level().equals("problem")));
    inspector.engine = FakeInspector.engine("ACTIVE", 0, 0, 0, 4001);
    assertEquals("set ds.lock.timeout.milliseconds to 5001 or more", only("problem").remedy());
    properties.put(Doctor.LOCK_TIMEOUT, "5001");
    assertFalse(examine().stream().anyMatch(d -> d.level().equals("problem")));
    properties.put(Doctor.LOCK_TIMEOUT, "soon");
    assertTrue(only("warning").finding().contains("is no number: soon"));
  }

  @Test
  void devicesNotServedAndChannelsLockedAwayAreNamed() {
    inspector.devices = List.of(FakeInspector.device("dsa0", "hardware", "opened by engine blue"));
    inspector.channels = List.of(FakeInspector.channel("dsa0", "hardware", "IMPOUNDED", List.of()));
    assertEquals("opened by engine blue", only("warning").finding());
    assertEquals("channel dsa0/0", only("problem").subject());
    inspector.channels =
        List.of(FakeInspector.channel("dsa0", "hardware", "QUARANTINED", List.of()));
    assertEquals(2, examine().stream().filter(d -> d.level().equals("warning")).count());
  }

  @Test
  void aDeviceBehindADecoratorIsNoFault() {
    inspector.devices =
        List.of(
            FakeInspector.device("soft0.fault", "software", "serving"),
            FakeInspector.device("soft0", "?", "decorated: another device stands before it"));
    assertEquals("device soft0", only("note").subject());
  }

  private void channel(String state, String health) {
    inspector.devices = List.of(FakeInspector.device("dsa0", "hardware", "serving"));
    inspector.channels =
        List.of(FakeInspector.channel("dsa0", "hardware", state, 0, health, List.of()));
  }

  @Test
  void channelsOutOfUseAreNamedWithReasonAndRemedy() {
    channel("QUARANTINED", "3 resets within 60 s");
    assertEquals(
        Diagnosis.warning(
            "channel dsa0/0",
            "quarantined: 3 resets within 60 s",
            "it is tested again by itself; at once: dma:resume dsa0/0"),
        only("warning"));
    channel("SUSPENDED", "ordered by gogo");
    assertEquals(
        Diagnosis.note(
            "channel dsa0/0", "suspended: ordered by gogo", "issue again: dma:resume dsa0/0"),
        only("note"));
    channel("RESETTING", "nothing completed for 2 s");
    assertEquals("being reset: nothing completed for 2 s", only("note").finding());
    channel("ACTIVE", "one reset");
    assertEquals("it failed before: one reset", only("note").finding());
  }

  @Test
  void impoundedMemoryIsCountedByTheChannelThatHasIt() {
    healthy();
    inspector.buffers =
        List.of(
            buffer("io.raid", 4096, "locked", 0, "", "dsa0/0"),
            buffer("io.scrub", 8192, "locked", 0, "", "dsa0/0"),
            buffer("io.raid", 1, "open", 0, "", ""));
    assertEquals(
        Diagnosis.problem(
            "memory",
            "2 buffers of 12288 bytes locked away: channel dsa0/0 was not shown to be quiet",
            "reset it: dma:reset dsa0/0; if it is gone, restart the process"),
        only("problem"));
  }

  @Test
  void oldBuffersAreGroupedByThePlaceThatAskedForThem() {
    healthy();
    inspector.buffers =
        List.of(
            buffer("io.raid", 4096, "open", 900_000, "Scrub.run(Scrub.java:42)", ""),
            buffer("io.raid", 4096, "leaving", 600_000, "Scrub.run(Scrub.java:42)", ""),
            buffer("io.raid", 4096, "open", 599_999, "Scrub.run(Scrub.java:42)", ""));
    assertEquals(
        Diagnosis.note(
            "memory",
            "2 buffers of 8192 bytes lent to io.raid, the oldest for 15 min, allocated at"
                + " Scrub.run(Scrub.java:42)",
            "if it is not needed, close it; see dma:buffers io.raid"),
        only("note"));
    inspector.buffers = List.of(buffer("io.raid", 1, "open", 600_000, "", ""));
    assertTrue(only("note").finding().startsWith("1 buffer of 1 byte lent to io.raid"));
    assertTrue(only("note").finding().endsWith("not recorded, see buffers.sites"));
  }

  private static BufferDTO buffer(
      String holder, long bytes, String state, long age, String place, String lockedBy) {
    return new BufferDTO(holder, bytes, state, age, place, 0, lockedBy);
  }

  @Test
  void booksThatDoNotBalanceAreAProblem() {
    healthy();
    inspector.audit = List.of("submitted=5, ended=4, live=0");
    assertEquals("submitted=5, ended=4, live=0", only("problem").finding());
  }

  @Test
  void clientsThatAreOfferedNothingAreNamedWithTheirBundle() {
    healthy();
    inspector.clients =
        List.of(
            new ClientDTO(
                "raid",
                "io.raid",
                "whiteboard",
                List.of(),
                "(",
                false,
                "filter does not parse: (",
                false,
                0,
                List.of()));
    assertEquals("mend its properties in io.raid", only("warning").remedy());
  }

  @Test
  void driversReportWhatTheyMissed() {
    healthy();
    reports.add(
        new DriverReport() {
          @Override
          public String driver() {
            return "dsa";
          }

          @Override
          public List<Finding> findings() {
            return List.of(
                new Finding("/dev/dsa", false, "no such folder", "load idxd, then accel-config"),
                new Finding("dsa0", true, "one work queue", ""));
          }
        });
    assertEquals(
        Diagnosis.note("driver dsa", "/dev/dsa: no such folder", "load idxd, then accel-config"),
        only("note"));
  }

  @Test
  void aMissingVectorModuleIsANoteWithTheFlag() {
    healthy();
    vector = false;
    assertEquals("start Java with --add-modules jdk.incubator.vector", only("note").remedy());
  }

  @Test
  void theShellShowsAParagraphEach() throws Exception {
    try (Gogo gogo = new Gogo()) {
      gogo.frameworkProperties.put(Doctor.LOCK_TIMEOUT, "30000");
      final String text = gogo.show("dma:doctor");
      assertTrue(
          text.startsWith("problem  engine default: engine stopped\n         -> start its bundle"),
          text);
      assertTrue(gogo.show("dma:doctor -j").contains("\"level\": \"problem\""));
    }
  }
}
