package io.asynctx.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.dto.ChannelDTO;
import io.asynctx.dmaengine.dto.ClientDTO;
import io.asynctx.dmaengine.dto.EngineDTO;
import io.asynctx.dmaengine.dto.OperationDTO;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class DmaCommandsTest {

  private final Gogo gogo = new Gogo();
  private final FakeInspector inspector = new FakeInspector();

  @AfterEach
  void close() {
    gogo.close();
  }

  private void twoDevices() {
    inspector.devices =
        List.of(
            FakeInspector.device("soft0", "software", "serving"),
            FakeInspector.device("dsa0", "emulated", "leaving"));
    inspector.channels =
        List.of(
            FakeInspector.channel("soft0", "software", "ACTIVE", List.of("raid", "scrub")),
            FakeInspector.channel("dsa0", "emulated", "ACTIVE", List.of("scrub")));
    inspector.clients =
        List.of(
            new ClientDTO(
                "raid",
                "io.raid",
                "whiteboard",
                List.of("XOR"),
                "(dma.numa.node=0)",
                true,
                "",
                false,
                1234,
                List.of(
                    new ClientDTO.Lease("soft0/0", false, 0),
                    new ClientDTO.Lease("soft0/1", true, 0))),
            new ClientDTO(
                "async_tx", "io.engine", "async_tx", List.of(), "", true, "", false, 0, List.of()));
    inspector.operations =
        List.of(
            new OperationDTO(
                7, "default.0.3.9", "XOR", 65536, "raid", "PUSHED", "soft0/0", 1, false, ""));
    gogo.engineStarts(inspector, "default");
  }

  @Test
  void channelsAreATableWithKindsAndSeparators() throws Exception {
    twoDevices();
    assertEquals(
        """
        CHANNEL  DEVICE  KIND      OPS                        DEPTH  IN FLIGHT       DONE  ERRORS  CLIENTS
        soft0/0  soft0   software  copy fill xor xorval pq …  1,024         12  8,412,077       0  raid, scrub
        dsa0/0   dsa0    emulated  copy fill xor xorval pq …  1,024         12  8,412,077       0  scrub\
        """,
        gogo.show("dma:channels"));
  }

  @Test
  void aStateThatIsNotActiveIsShown() throws Exception {
    twoDevices();
    inspector.channels = List.of(FakeInspector.channel("soft0", "software", "DRAINING", List.of()));
    assertTrue(gogo.show("dma:channels").contains("DRAINING"));
  }

  @Test
  void whatAChannelWentThroughIsShownOnceThereIsSomething() throws Exception {
    twoDevices();
    final String quiet = gogo.show("dma:channels");
    assertFalse(quiet.contains("RESETS") || quiet.contains("HEALTH"), quiet);
    inspector.channels =
        List.of(
            FakeInspector.channel("soft0", "software", "QUARANTINED", 3, "3 resets", List.of()),
            FakeInspector.channel("dsa0", "emulated", "ACTIVE", List.of("scrub")));
    final List<String> lines = gogo.show("dma:channels").lines().toList();
    assertTrue(lines.get(0).endsWith("ERRORS  RESETS  CLIENTS  HEALTH"), lines::toString);
    assertTrue(lines.get(1).endsWith("     3           3 resets"), lines::toString);
    assertTrue(lines.get(2).endsWith("     0  scrub    -"), lines::toString);
  }

  @Test
  void devicesSayWhyTheyAreNotServed() throws Exception {
    twoDevices();
    final List<String> lines = gogo.show("dma:devices").lines().toList();
    assertTrue(lines.get(0).startsWith("DEVICE  KIND      STATE    CHANNELS  NUMA"), lines.get(0));
    assertTrue(lines.get(2).startsWith("dsa0    emulated  leaving"), lines.get(2));
  }

  @Test
  void clientsOperationsAndCountersAreShown() throws Exception {
    twoDevices();
    final String clients = gogo.show("dma:clients");
    assertTrue(clients.contains("soft0/0, soft0/1 exclusively"), clients);
    assertTrue(clients.contains("1,234"), clients);
    assertFalse(clients.contains("PROBLEM"), clients);
    final String ops = gogo.show("dma:ops");
    assertTrue(ops.contains("default.0.3.9  XOR        65,536  raid    PUSHED"), ops);
    assertEquals(50, inspector.most);
    gogo.run("dma:ops --most 3");
    assertEquals(3, inspector.most);
    final String stats = gogo.show("dma:stats");
    assertTrue(stats.contains("submitted          8,412,077"), stats);
    assertTrue(stats.contains("removal budget     2 s"), stats);
  }

  @Test
  void resultsAreDtosForPipesAndClosures() throws Exception {
    twoDevices();
    final List<?> channels = assertInstanceOf(List.class, gogo.run("dma:channels"));
    assertInstanceOf(ChannelDTO.class, channels.get(0));
    assertInstanceOf(EngineDTO.class, gogo.run("dma:stats"));
    assertEquals("dsa0/0", gogo.run("((dma:channels) get 1) name"));
    // a list made by hand has the same table, an element alone a line a value
    final Object copy = new java.util.ArrayList<>(channels);
    assertTrue(gogo.session.format(copy, 0).toString().startsWith("CHANNEL  DEVICE"));
    assertTrue(gogo.session.format(channels.get(0), 0).toString().startsWith("channel    soft0/0"));
    assertTrue(gogo.session.format(channels.get(0), 1).toString().startsWith("soft0/0  soft0"));
    assertEquals("soft0/0", gogo.session.format(channels.get(0), 2).toString());
  }

  @Test
  void aNameNarrowsTheList() throws Exception {
    twoDevices();
    assertEquals(1, ((List<?>) gogo.run("dma:channels dsa0")).size());
    assertEquals(1, ((List<?>) gogo.run("dma:channels soft0/0")).size());
    assertEquals(1, ((List<?>) gogo.run("dma:devices dsa0")).size());
    assertEquals(1, ((List<?>) gogo.run("dma:clients raid")).size());
    final Exception e = assertThrows(Exception.class, () -> gogo.run("dma:channels nosuch"));
    assertEquals(
        "no such name: name=nosuch, known=[soft0/0, dsa0/0], command=dma:channels", e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "devices",
        "channels",
        "clients",
        "ops",
        "stats",
        "doctor",
        "leases",
        "buffers",
        "removals"
      })
  void everyCommandHasJson(String function) throws Exception {
    twoDevices();
    for (String option : List.of("-j", "--json")) {
      final String text =
          assertInstanceOf(String.class, gogo.run("dma:" + function + " " + option));
      assertTrue(text.startsWith("[") || text.startsWith("{"), text);
    }
  }

  @Test
  void channelsAsJsonHaveEveryField() throws Exception {
    twoDevices();
    final String text = (String) gogo.run("dma:channels soft0 -j");
    assertTrue(
        text.startsWith("[\n  {\n    \"name\": \"soft0/0\",\n    \"device\": \"soft0\""), text);
    assertTrue(text.contains("\"done\": 8412077"), text);
  }

  @ParameterizedTest
  @EnumSource(Command.class)
  void everyCommandExplainsItselfInEveryState(Command command) throws Exception {
    for (String option : List.of("--help", "-h")) {
      final String help = gogo.show(command.title() + " " + option);
      assertTrue(help.startsWith("usage: " + command.title()), help);
      assertTrue(help.contains("--json"), help);
      assertTrue(help.contains("--engine NAME"), help);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"devices", "channels", "clients", "ops", "stats"})
  void everyCommandSaysThatTheEngineStoppedAndWorksAgain(String function) throws Exception {
    final String line = "dma:" + function;
    stopped(line); // never started
    twoDevices();
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
        "devices|no device: no driver has one; see dma:doctor",
        "channels|no channel: no device is served; see dma:doctor",
        "clients|no client",
        "ops|no descriptor is taken"
      })
  void everyCommandIsSafeWithoutADriver(String function, String text) throws Exception {
    gogo.engineStarts(inspector, "default");
    assertEquals(text, gogo.show("dma:" + function));
    assertEquals("[]", gogo.show("dma:" + function + " -j"));
  }

  @Test
  void anotherEngineIsAskedByName() throws Exception {
    twoDevices();
    final FakeInspector other = new FakeInspector();
    gogo.engineStarts(other, "blue");
    assertEquals(2, ((List<?>) gogo.run("dma:channels")).size());
    assertEquals(0, ((List<?>) gogo.run("dma:channels --engine blue")).size());
    assertEquals(0, ((List<?>) gogo.run("dma:channels --engine=blue")).size());
    final Exception e = assertThrows(Exception.class, () -> gogo.run("dma:channels --engine red"));
    assertEquals(
        "engine stopped: engine=red, running=[blue, default]; start its bundle, see dma:doctor",
        e.getMessage());
  }

  @Test
  void anEngineReplacedByItsSuccessorIsNotForgotten() throws Exception {
    twoDevices();
    final FakeInspector successor = new FakeInspector();
    gogo.engineStarts(successor, "default"); // bound before the old one is unbound
    gogo.engineStops(inspector, "default");
    assertEquals(0, ((List<?>) gogo.run("dma:channels")).size());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dma:channels --nosuch|unknown option: option=--nosuch, known=[--json, --engine, --help]",
        "dma:channels a b|too many arguments: most=1, given=[a, b]",
        "dma:stats a|too many arguments: most=0",
        "dma:channels --engine|option needs a value: option=--engine",
        "dma:channels --json=x|option takes no value: option=--json",
        "dma:ops --most 0|name=--most, value=0, min=1",
        "dma:ops --most many|not a whole number within bounds: name=--most, value=many",
        "dma:await|argument missing: name=NAME",
        "dma:await soft0 soon|name=SECONDS, value=soon"
      })
  void badArgumentsAreOneClearMessage(String line, String message) {
    gogo.engineStarts(inspector, "default");
    final Exception e = assertThrows(IllegalArgumentException.class, () -> gogo.run(line));
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertTrue(e.getMessage().endsWith(" --help"), e.getMessage());
  }

  @Test
  void awaitPrintsNothingAndTakesDevicesAndChannels() throws Exception {
    twoDevices();
    assertNull(gogo.run("dma:await soft0"));
    assertNull(gogo.run("dma:await soft0/0 0"));
    assertTrue(((String) gogo.run("dma:await soft0 -j")).contains("\"state\": \"serving\""));
  }

  @Test
  void awaitWaitsForAnEngineAndItsDriver() throws Exception {
    final Thread later =
        Thread.ofPlatform()
            .start(() -> {
              try {
                Thread.sleep(100); // lets await look in vain; any order passes
                gogo.engineStarts(inspector, "default");
                Thread.sleep(50);
                inspector.devices = List.of(FakeInspector.device("soft0", "software", "serving"));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    assertNull(gogo.run("dma:await soft0 20"));
    later.join();
  }

  @Test
  void awaitFailsWithWhatItSaw() {
    Exception e = assertThrows(Exception.class, () -> gogo.run("dma:await soft0 0"));
    assertEquals(
        "not served in time: name=soft0, seconds=0, engine default stopped; see dma:doctor",
        e.getMessage());
    twoDevices();
    e = assertThrows(Exception.class, () -> gogo.run("dma:await dsa0 0"));
    assertTrue(e.getMessage().contains("devices=[soft0 serving, dsa0 leaving]"), e.getMessage());
  }
}
