package io.asynctx.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.dto.ActionDTO;
import io.asynctx.dmaengine.dto.AssignmentDTO;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Orders, as a person gives them in the shell. */
@Timeout(30)
class AdminCommandsTest {

  private final Gogo gogo = new Gogo();
  private final FakeInspector inspector = new FakeInspector();
  private final FakeAdmin admin = inspector.admin;

  @AfterEach
  void close() {
    gogo.close();
  }

  private void running() {
    inspector.channels = List.of(FakeInspector.channel("soft0", "software", "ACTIVE", List.of()));
    gogo.engineStarts(inspector, "default");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dma:suspend soft0/0|suspend soft0/0",
        "dma:resume soft0|resume soft0",
        "dma:drain soft0|drain soft0 PT10S",
        "dma:drain soft0/0 3|drain soft0/0 PT3S",
        "dma:reset soft0|reset soft0",
        "dma:quarantine soft0/0|quarantine soft0/0 ordered by gogo",
        "dma:quarantine soft0/0 smells of smoke|quarantine soft0/0 smells of smoke"
      })
  void anOrderIsGivenOnceAndItsResultIsADto(String line, String order) throws Exception {
    running();
    assertInstanceOf(ActionDTO.class, gogo.run(line));
    assertEquals(List.of(order), admin.orders);
    assertTrue(((String) gogo.run(line + " -j")).contains("\"micros\": 17"));
  }

  @Test
  void anOrderShowsATableOfChannels() throws Exception {
    running();
    assertEquals(
        """
        CHANNEL  BEFORE  AFTER      MOVED  RERUN  ABORTED
        soft0/0  ACTIVE  SUSPENDED  1,234      2        0\
        """,
        gogo.show("dma:suspend soft0"));
    admin.done =
        new ActionDTO.Channel("soft0/0", "ACTIVE", "SUSPENDED", 0, 0, 0, "3 still with the device");
    assertTrue(gogo.show("dma:drain soft0 0").contains("DETAIL\nsoft0/0"));
    assertTrue(gogo.show("dma:drain soft0 0").endsWith("  3 still with the device"));
  }

  @Test
  void resultsOfOrdersCanBeTakenApart() throws Exception {
    running();
    assertEquals(17L, gogo.run("(dma:suspend soft0) micros"));
    final ActionDTO action = (ActionDTO) gogo.run("dma:suspend soft0");
    assertTrue(gogo.session.format(action.channels().get(0), 1).toString().startsWith("soft0/0  "));
    assertEquals("suspend  soft0  soft0/0  17", gogo.session.format(action, 1).toString());
    assertEquals("soft0", gogo.session.format(action, 2).toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dma:suspend|argument missing: name=TARGET, command=dma:suspend; see dma:suspend --help",
        "dma:resume|argument missing: name=TARGET",
        "dma:drain|argument missing: name=TARGET",
        "dma:reset|argument missing: name=TARGET",
        "dma:quarantine|argument missing: name=TARGET",
        "dma:suspend nosuch|no such channel or device: target=nosuch, known=[soft0/0]",
        "dma:suspend a b|too many arguments: most=1, given=[a, b]",
        "dma:drain soft0 soon|name=SECONDS, value=soon, min=0, max=86400",
        "dma:assign xro forbid soft0|no such operation: name=xro, known=[copy, fill, xor, xor_val,",
        "dma:assign xor forbid|argument missing: name=TARGET",
        "dma:assign xor forbid soft0 --clear|rule and --clear at once: rule=forbid soft0",
        "dma:assign --clear|argument missing: name=OPERATION",
        "dma:assign xor forbid '('|filter does not parse: filter=(",
        "dma:policy forbid=hardwear|no such value: forbid=hardwear, known=[hardware, emulated,",
        "dma:policy forbids=hardware|no such word: word=forbids=hardware, known=[require, prefer,",
        "dma:policy forbid=hardware --clear|words and --clear at once: words=forbid=hardware"
      })
  void badOrdersAreOneClearMessageAndNothingIsDone(String line, String message) {
    running();
    final Exception e = assertThrows(IllegalArgumentException.class, () -> gogo.run(line));
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertEquals(List.of(), admin.assignments);
    assertEquals("", admin.policy);
    assertTrue(
        admin.orders.stream().allMatch(o -> o.startsWith("policy forbid")), admin.orders::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {"suspend", "resume", "drain", "reset", "quarantine"})
  void anOrderToALeavingChannelSaysThatItLeaves(String function) {
    inspector.channels = List.of(FakeInspector.channel("soft0", "software", "DRAINING", List.of()));
    gogo.engineStarts(inspector, "default");
    final Exception e =
        assertThrows(IllegalStateException.class, () -> gogo.run("dma:" + function + " soft0"));
    assertEquals("channel is leaving: channel=soft0", e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"suspend", "resume", "drain", "reset", "quarantine"})
  void anOrderWithoutADriverNamesTheChannelsThereAre(String function) {
    gogo.engineStarts(inspector, "default");
    final Exception e =
        assertThrows(IllegalArgumentException.class, () -> gogo.run("dma:" + function + " soft0"));
    assertEquals("no such channel or device: target=soft0, known=[]", e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "suspend soft0",
        "resume soft0",
        "drain soft0",
        "reset soft0",
        "quarantine soft0",
        "assign",
        "assign xor forbid soft0",
        "policy",
        "policy forbid=emulated"
      })
  void everyOrderSaysThatTheEngineStoppedAndWorksAgain(String words) throws Exception {
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

  @Test
  void anEngineHalfwayUpTakesNoOrdersAndSaysSo() {
    running();
    gogo.engines.removeAdmin(admin, Gogo.named("default"));
    final Exception e = assertThrows(Exception.class, () -> gogo.run("dma:suspend soft0"));
    assertEquals(
        "engine takes no orders: engine=default; it starts or stops, try again", e.getMessage());
  }

  @Test
  void anotherEngineIsOrderedByName() throws Exception {
    running();
    final FakeInspector other = new FakeInspector();
    other.channels = inspector.channels;
    gogo.engineStarts(other, "blue");
    gogo.run("dma:suspend soft0 --engine blue");
    assertEquals(List.of(), admin.orders);
    assertEquals(List.of("suspend soft0"), other.admin.orders);
  }

  @Test
  void assignmentsAreMadeListedAndTakenBack() throws Exception {
    running();
    assertEquals("nothing is assigned: the policies alone choose", gogo.show("dma:assign"));
    assertEquals("[]", gogo.show("dma:assign -j"));
    assertEquals(
        """
        OPERATION  RULE    FILTER             BY    SINCE
        xor        forbid  (dma.device=dsa0)  gogo  1970-01-01T00:00:01Z\
        """,
        gogo.show("dma:assign XOR Forbid '(dma.device=dsa0)'"));
    gogo.run("dma:assign copy prefer hardware");
    assertEquals("memcpy", admin.assignments.get(1).operation());
    gogo.run("dma:assign recov require soft0");
    assertEquals("raid6_recov", admin.assignments.get(2).operation());
    assertEquals(3, ((List<?>) gogo.run("dma:assign")).size());
    assertEquals(1, ((List<?>) gogo.run("dma:assign xor")).size());
    assertEquals(0, ((List<?>) gogo.run("dma:assign pq")).size());
    assertEquals(2, ((List<?>) gogo.run("dma:assign xor --clear")).size());
    assertEquals(2, ((List<?>) gogo.run("dma:assign xor --clear")).size(), "twice is no error");
    assertInstanceOf(
        AssignmentDTO.class, ((List<?>) gogo.run("dma:assign all forbid emulated")).get(0));
  }

  @Test
  void anAssignmentWrittenByHandHasNoAuthorAndNoDate() throws Exception {
    running();
    admin.assignments.add(new AssignmentDTO("xor", "forbid", "(dma.device=dsa0)", "", 0));
    assertEquals(
        "xor        forbid  (dma.device=dsa0)  -   -",
        gogo.show("dma:assign").lines().toList().get(1));
  }

  @Test
  void whoOrdersIsThePersonOfTheSession() throws Exception {
    running();
    gogo.session.put("USER", "ada");
    gogo.run("dma:assign xor forbid soft0");
    assertEquals("ada", admin.assignments.get(0).by());
    gogo.run("dma:assign xor --clear");
    gogo.run("dma:quarantine soft0");
    gogo.run("dma:policy prefer=hardware");
    assertEquals(
        List.of(
            "unassign xor by ada",
            "quarantine soft0 ordered by ada",
            "policy prefer=hardware by ada"),
        admin.orders);
  }

  @Test
  void thePolicyIsShownInWordsSetAndTakenBack() throws Exception {
    running();
    assertEquals(
        """
        policy       any: clients choose
        hardware     may be used
        emulated     may be used
        software     may be used
        synchronous  may be used
        channels     any
        deadline     none\
        """,
        gogo.show("dma:policy"));
    assertEquals(
        """
        policy       prefer=hardware forbid=emulated channels=(dma.numa.node=0) deadline=5ms
        hardware     used first, where the client prefers nothing
        emulated     never used
        software     may be used
        synchronous  may be used
        channels     (dma.numa.node=0)
        deadline     5ms\
        """,
        gogo.show(
            "dma:policy prefer=hardware forbid=emulated 'channels=(dma.numa.node=0)'"
                + " deadline=5ms"));
    assertTrue(((String) gogo.run("dma:policy -j")).contains("\"emulated\": \"never used\""));
    gogo.run("dma:policy --clear");
    assertEquals("", admin.policy);
  }

  @ParameterizedTest
  @ValueSource(strings = {"assign xor forbid soft0", "policy forbid=emulated"})
  void assignmentsAndPolicyNeedNoDriver(String words) throws Exception {
    gogo.engineStarts(inspector, "default");
    assertTrue(gogo.run("dma:" + words) != null);
    assertTrue(gogo.show("dma:" + words.split(" ")[0]).contains(words.split("[ =]")[1]));
  }

  @Test
  void assignmentsAndPolicyCanBeMadeWhileADriverStops() throws Exception {
    inspector.channels = List.of(FakeInspector.channel("soft0", "software", "DRAINING", List.of()));
    gogo.engineStarts(inspector, "default");
    assertEquals(1, ((List<?>) gogo.run("dma:assign xor forbid soft0")).size());
    assertTrue(gogo.show("dma:policy forbid=emulated").contains("never used"));
  }
}
