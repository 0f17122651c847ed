package io.asynctx.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.dto.BufferDTO;
import io.asynctx.dmaengine.dto.ExplanationDTO;
import io.asynctx.dmaengine.dto.InvariantDTO;
import io.asynctx.dmaengine.dto.LeaseDTO;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Leases, buffers, removals, choices and invariants, as the shell shows them. */
@Timeout(30)
class InspectionTest {

  private final Gogo gogo = new Gogo();
  private final FakeInspector inspector = new FakeInspector();

  @AfterEach
  void close() {
    gogo.close();
  }

  private void running() {
    inspector.devices = List.of(FakeInspector.device("soft0", "software", "serving"));
    inspector.channels = List.of(FakeInspector.channel("soft0", "software", "ACTIVE", List.of()));
    inspector.leases =
        List.of(
            new LeaseDTO("soft0/0", "raid", "io.raid", "whiteboard", false, 0, 12),
            new LeaseDTO("dsa0/wq0.0", "scrub", "io.scrub", "service", true, 86_400_000, 0));
    inspector.buffers =
        List.of(
            new BufferDTO("io.raid", 65536, "open", 130_000, "Scrub.run(Scrub.java:42)", 2, ""),
            new BufferDTO("io.scrub", 4096, "locked", 1000, "", 0, "dsa0/wq0.0"));
    inspector.removals = List.of(removal(List.of()));
    gogo.engineStarts(inspector, "default");
  }

  private static RemovalDTO removal(List<String> held) {
    return new RemovalDTO(
        "soft0",
        "io.asynctx.driver.soft",
        "0.1.0",
        0,
        7,
        3,
        2,
        7,
        1,
        0,
        0,
        1500,
        List.of(new RemovalDTO.Step("close", 20), new RemovalDTO.Step("drain", 1480)),
        held);
  }

  private void invariants(String second) {
    inspector.invariants =
        IntStream.rangeClosed(1, 15)
            .mapToObj(i ->
                new InvariantDTO(
                    "I" + i, "statement " + i, i == 2 ? second : "holds", i == 2 ? "5, 4" : ""))
            .toList();
  }

  @Test
  void leasesSayWhoHoldsWhatSinceWhen() throws Exception {
    running();
    assertEquals(
        """
        CHANNEL     CLIENT  BUNDLE    VIA         EXCLUSIVE  SINCE                 OPERATIONS
        soft0/0     raid    io.raid   whiteboard  no         1970-01-01T00:00:00Z          12
        dsa0/wq0.0  scrub   io.scrub  service     yes        1970-01-02T00:00:00Z           0\
        """,
        gogo.show("dma:leases"));
  }

  @ParameterizedTest
  @CsvSource({"soft0/0,1", "raid,1", "dsa0,1", "soft0,1"})
  void leasesOfAChannelADeviceOrAClient(String name, int count) throws Exception {
    running();
    assertEquals(count, ((List<?>) gogo.run("dma:leases " + name)).size());
  }

  @Test
  void aChannelNobodyHoldsIsNoError() throws Exception {
    running();
    inspector.leases = List.of();
    assertEquals("no lease", gogo.show("dma:leases soft0/0"));
  }

  @Test
  void buffersAreShownWithTheirPlaceAndWhoLockedThem() throws Exception {
    running();
    assertEquals(
        """
        HOLDER     BYTES  STATE   AGE    OPERATIONS  ALLOCATED AT              LOCKED BY
        io.raid   65,536  open    2 min           2  Scrub.run(Scrub.java:42)  -
        io.scrub   4,096  locked  1 s             0  -                         dsa0/wq0.0\
        """,
        gogo.show("dma:buffers"));
    assertEquals(1, ((List<?>) gogo.run("dma:buffers --most 1")).size());
    assertFalse(gogo.show("dma:buffers io.raid").contains("LOCKED BY"));
    assertEquals("no buffer is lent", gogo.show("dma:buffers io.other"));
  }

  @Test
  void removalsAreShownStepByStep() throws Exception {
    running();
    assertEquals(
        """
        DEVICE  VERSION  AT                    QUEUED  IN FLIGHT  DRAINED  MOVED  RERUN  ABORTED  MICROS  STEPS
        soft0   0.1.0    1970-01-01T00:00:00Z       7          3        2      7      1        0   1,500  close 20, drain 1480\
        """,
        gogo.show("dma:removals"));
    assertEquals(1, ((List<?>) gogo.run("dma:removals soft0")).size());
    inspector.removals = List.of(removal(List.of("client raid does not take REMOVED")));
    assertTrue(gogo.show("dma:removals").endsWith("client raid does not take REMOVED"));
    inspector.removals = List.of();
    assertEquals("no device has been removed", gogo.show("dma:removals soft0"));
    assertInstanceOf(String.class, gogo.run("dma:removals -j"));
  }

  @Test
  void anExplanationNamesTheChoiceFirstAndThenEveryReason() throws Exception {
    running();
    inspector.verdicts =
        List.of(
            new ExplanationDTO.Verdict("dsa0/wq0.0", "emulated", false, "cannot do XOR"),
            new ExplanationDTO.Verdict("synchronous", "synchronous", true, "nobody else is left"));
    assertEquals(
        """
        synchronous gets xor of 65,536 bytes, 5 sources, policy prefer=hardware forbid=software
        PROVIDER     KIND         CHOSEN  REASON
        dsa0/wq0.0   emulated     no      cannot do XOR
        synchronous  synchronous  yes     nobody else is left\
        """,
        gogo.show("dma:explain xor 64K --sources 5 --policy 'prefer=hardware forbid=software'"));
    assertTrue(
        gogo.show("dma:explain copy 1")
            .startsWith("synchronous gets memcpy of 1 byte, policy any"));
    assertInstanceOf(ExplanationDTO.class, gogo.run("dma:explain pq 1M"));
    assertTrue(((String) gogo.run("dma:explain pq 1M -j")).contains("\"length\": 1048576"));
  }

  @ParameterizedTest
  @CsvSource({
    "copy,MEMCPY,1",
    "memcpy,MEMCPY,1",
    "fill,MEMSET,1",
    "memset,MEMSET,1",
    "XOR,XOR,2",
    "xor_val,XOR_VAL,2",
    "xorval,XOR_VAL,2",
    "pq,PQ,2",
    "pq_val,PQ_VAL,2",
    "pqval,PQ_VAL,2",
    "recov,RAID6_RECOV,2",
    "raid6_recov,RAID6_RECOV,2",
    "interrupt,INTERRUPT,1"
  })
  void operationsHaveTheNamesPeopleUse(String name, String operation, int sources)
      throws Exception {
    running();
    final ExplanationDTO e = (ExplanationDTO) gogo.run("dma:explain " + name + " 4k");
    assertEquals(operation, e.operation());
    assertEquals(4096, e.length());
    assertEquals(sources, e.sources());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dma:explain|argument missing: name=OPERATION",
        "dma:explain xor|argument missing: name=SIZE",
        "dma:explain xro 1|no such operation: name=xro, known=[copy, fill, xor,",
        "dma:explain xor 64Q|not a size in bytes: name=SIZE, value=64Q, form=1, 64K, 8M, 1G",
        "dma:explain xor K|not a size in bytes: name=SIZE, value=K",
        "dma:explain xor 0|not a size in bytes: name=SIZE, value=0",
        "dma:explain xor 9223372036854775807K|not a size in bytes: name=SIZE",
        "dma:explain xor 1 --sources 256|name=--sources, value=256, min=1, max=255",
        "dma:explain xor 1 --policy forbid=all|no such value: forbid=all, known=[hardware,",
        "dma:buffers --most 0|name=--most, value=0, min=1",
        "dma:leases nosuch|no such name: name=nosuch, known=[soft0, soft0/0], command=dma:leases",
        "dma:removals nosuch|no such name: name=nosuch, known=[soft0], command=dma:removals",
        "dma:doctor now|too many arguments: most=0, given=[now]"
      })
  void badQuestionsAreOneClearMessage(String line, String message) {
    running();
    final Exception e = assertThrows(IllegalArgumentException.class, () -> gogo.run(line));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"leases", "buffers", "removals", "explain xor 64K", "doctor --audit"})
  void everyQuestionSaysThatTheEngineStoppedAndWorksAgain(String words) throws Exception {
    final String line = "dma:" + words;
    stopped(line); // never started
    running();
    assertTrue(gogo.run(line) != null);
    inspector.stopped = true; // the component is going, the reference is not unbound yet
    stopped(line);
    gogo.engineStops(inspector, "default");
    stopped(line);
    inspector.stopped = false;
    gogo.engineStarts(inspector, "default");
    assertTrue(gogo.run(line) != null);
  }

  private void stopped(String line) {
    final Exception e = assertThrows(EngineStoppedException.class, () -> gogo.run(line));
    assertTrue(
        e.getMessage().startsWith("engine stopped: engine=default, running=["), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "leases|no lease",
        "buffers|no buffer is lent",
        "removals|no device has been removed",
        "explain xor 64K|synchronous gets xor of 65,536 bytes, 2 sources, policy any"
      })
  void everyQuestionIsSafeWithoutADriver(String words, String text) throws Exception {
    gogo.engineStarts(inspector, "default");
    assertEquals(text, gogo.show("dma:" + words).lines().findFirst().orElse(""));
  }

  @Test
  void whileADriverStopsEveryQuestionIsAnswered() throws Exception {
    running();
    inspector.devices = List.of(FakeInspector.device("soft0", "software", "leaving"));
    inspector.channels = List.of(FakeInspector.channel("soft0", "software", "DRAINING", List.of()));
    inspector.leases = List.of();
    inspector.removals = List.of(); // told when it is over
    inspector.verdicts =
        List.of(new ExplanationDTO.Verdict("soft0/0", "software", false, "state DRAINING"));
    assertEquals("no lease", gogo.show("dma:leases soft0/0"));
    assertTrue(gogo.show("dma:buffers").contains("io.raid"));
    assertEquals("no device has been removed", gogo.show("dma:removals soft0"));
    assertTrue(gogo.show("dma:explain xor 64K").endsWith("no      state DRAINING"));
    invariants("holds");
    assertEquals(15, ((List<?>) gogo.run("dma:doctor --audit")).size());
  }

  @Test
  void theAuditShowsAllInvariants() throws Exception {
    running();
    invariants("unknown");
    final List<String> lines = gogo.show("dma:doctor --audit").lines().toList();
    assertEquals(16, lines.size());
    assertEquals("ID   VERDICT  STATEMENT     DETAIL", lines.get(0));
    assertEquals("I2   unknown  statement 2   5, 4", lines.get(2));
    assertTrue(((String) gogo.run("dma:doctor --audit -j")).contains("\"id\": \"I15\""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"dma:doctor --audit|I2   broken ", "dma:doctor --audit -j|\"verdict\": \"broken\""})
  void aBrokenInvariantIsShownAndFailsTheCommand(String line, String shown) {
    running();
    invariants("broken");
    final Exception e = assertThrows(IllegalStateException.class, () -> gogo.run(line));
    assertEquals(
        "invariants broken: ids=[I2], engine=default; report it, with the table above, dma:ops -j"
            + " and the log",
        e.getMessage());
    assertTrue(gogo.out.toString().contains(shown), gogo.out::toString);
    assertTrue(gogo.out.toString().contains("I15"), gogo.out::toString);
  }
}
