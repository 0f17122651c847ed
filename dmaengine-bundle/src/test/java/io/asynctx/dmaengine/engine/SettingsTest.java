package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.dto.AssignmentDTO;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

class SettingsTest {

  private final Rig rig = new Rig();
  private final List<Configuration> kept = new ArrayList<>();
  private boolean there = true;
  private boolean broken;
  private final ConfigurationAdmin configurations =
      FakeFramework.proxy(
          ConfigurationAdmin.class,
          (self, method, arguments) -> {
            assertEquals("listConfigurations", method.getName());
            return kept.isEmpty() ? null : kept.toArray(Configuration[]::new);
          });
  private final Settings settings = new Settings(rig.engine, () -> there ? configurations : null);
  private final EngineAdmin admin = new EngineAdmin(rig.engine.orders(), settings);
  private final Dictionary<String, Object> own = configuration("io.asynctx.engine~rig", "rig");

  @AfterEach
  void stop() {
    rig.close();
  }

  private Dictionary<String, Object> configuration(String pid, String engine) {
    final Dictionary<String, Object> properties =
        new Hashtable<>(engine == null ? Map.of() : Map.of(DmaConstants.ENGINE, engine));
    kept.add(
        FakeFramework.proxy(
            Configuration.class,
            (self, method, arguments) ->
                switch (method.getName()) {
                  case "getPid" -> pid;
                  case "getProperties" -> copy(properties);
                  case "update" -> update(properties, (Dictionary<?, ?>) arguments[0]);
                  default -> throw new UnsupportedOperationException(method.toString());
                }));
    return properties;
  }

  private static Dictionary<String, Object> copy(Dictionary<String, Object> properties) {
    return new Hashtable<>((Hashtable<String, Object>) properties);
  }

  private Object update(Dictionary<String, Object> properties, Dictionary<?, ?> next)
      throws IOException {
    if (broken) {
      throw new IOException("disk full");
    }
    ((Hashtable<String, Object>) properties).clear();
    next.keys().asIterator().forEachRemaining(k -> properties.put((String) k, next.get(k)));
    return null;
  }

  @Test
  void anAssignmentIsInForceAndKeptUntilItIsTakenBack() {
    final long before = System.currentTimeMillis();
    final AssignmentDTO said = admin.assign("XOR", "Require", "(dma.device=d)", "alice and bob");
    assertEquals("xor", said.operation());
    assertEquals("require", said.rule());
    assertEquals("(dma.device=d)", said.filter());
    assertEquals("alice and bob", said.by());
    assertTrue(said.atMillis() >= before, said.toString());
    admin.assign("all", "prefer", "software", "carol");
    assertEquals(List.of(said), admin.assignments().subList(0, 1));
    assertEquals("all", admin.assignments().getLast().operation());
    final String words = (String) own.get("assign");
    assertEquals(admin.assignments(), Assignments.parse(words).dtos());
    final AssignmentDTO instead = admin.assign("xor", "forbid", "emulated", "dave");
    assertEquals(2, admin.assignments().size());
    assertEquals(instead, admin.assignments().getFirst());
    assertTrue(admin.unassign("xor", "erin"));
    assertFalse(admin.unassign("xor", "erin"));
    assertTrue(admin.unassign("all", "erin"));
    assertEquals(List.of(), admin.assignments());
    assertEquals(null, own.get("assign"));
    assertEquals("rig", own.get(DmaConstants.ENGINE));
  }

  @Test
  void aPolicyIsInForceAndKeptUntilItIsTakenBack() {
    assertEquals("", admin.policy());
    admin.policy("  forbid=emulated   deadline=1000ms ", "alice");
    assertEquals("forbid=emulated deadline=1s", admin.policy());
    assertEquals("forbid=emulated deadline=1s", own.get("policy"));
    admin.policy("", "alice");
    assertEquals("", admin.policy());
    assertEquals(null, own.get("policy"));
  }

  @ParameterizedTest
  @CsvSource({
    "hardware, (dma.hardware=true)",
    "Emulated, (dma.emulated=true)",
    "software, (&(dma.hardware=false)(dma.emulated=false))",
    "synchronous, (dma.channel=synchronous)",
    "a(b), (dma.device=a\\(b\\))",
    "a(b)/1, (dma.channel=a\\(b\\)/1)",
    "(x=y), (x=y)"
  })
  void aTargetIsAFilterOrTheNameOfAKindADeviceOrAChannel(String target, String filter) {
    rig.add(new WorkingDevice("a(b)", 2));
    assertEquals(filter, admin.assign("pq", "prefer", target, "t").filter());
  }

  @Test
  void whatIsNotUnderstoodIsNamedAndNothingChanges() {
    rig.add(new WorkingDevice("d", 1));
    assertMessage("no such operation: operation=move, known=[memcpy,", "move", "prefer", "d");
    assertMessage("no such rule: rule=want, known=[require, prefer, forbid]", "xor", "want", "d");
    assertMessage(
        "no such channel, device or kind: target=e, known=[d, d/0], kinds=[hardware,",
        "xor",
        "prefer",
        "e");
    assertMessage("filter does not parse: filter=(a, problem=", "xor", "prefer", "(a");
    final String policy =
        assertThrows(IllegalArgumentException.class, () -> admin.policy("x=y", "t")).getMessage();
    assertTrue(policy.startsWith("policy has no such word: word=x"), policy);
    assertEquals(List.of(), admin.assignments());
    assertEquals(1, own.size());
  }

  private void assertMessage(String message, String operation, String rule, String target) {
    final String why =
        assertThrows(
                IllegalArgumentException.class, () -> admin.assign(operation, rule, target, "t"))
            .getMessage();
    assertTrue(why.startsWith(message), why);
  }

  private String cannotBeKept() {
    final String why =
        assertThrows(IllegalStateException.class, () -> admin.assign("xor", "prefer", "(a=b)", "t"))
            .getMessage();
    assertEquals(List.of(), admin.assignments(), "in force and not kept");
    assertThrows(IllegalStateException.class, () -> admin.policy("timed=true", "t"));
    assertEquals("", admin.policy());
    return why;
  }

  @Test
  void whatCannotBeKeptIsNotInForce() {
    there = false;
    assertTrue(cannotBeKept().contains("there is no Configuration Admin: engine=rig; start one"));
    there = true;
    broken = true;
    assertTrue(cannotBeKept().startsWith("configuration cannot be written: engine=rig, assign="));
    broken = false;
    configuration("io.asynctx.engine~again", "rig");
    assertTrue(
        cannotBeKept().contains("configurations=[io.asynctx.engine~rig, io.asynctx.engine~again]"));
    kept.clear();
    configuration("io.asynctx.engine~other", null);
    assertTrue(cannotBeKept().contains("configurations=[]"));
    kept.clear();
    assertTrue(cannotBeKept().contains("configurations=[]"));
  }

  @Test
  void aStoppedEngineSaysSo() {
    rig.engine.stop();
    for (Executable call :
        List.<Executable>of(
            admin::assignments,
            admin::policy,
            () -> admin.assign("xor", "prefer", "(a=b)", "t"),
            () -> admin.unassign("xor", "t"),
            () -> admin.policy("", "t"))) {
      assertThrows(EngineStoppedException.class, call);
    }
  }

  @Test
  void ordersToChannelsAreGivenOn() {
    rig.add(new WorkingDevice("d", 1));
    rig.client("c").channel(0);
    assertEquals("SUSPENDED", admin.suspend("d/0").channels().getFirst().after());
    assertEquals("ACTIVE", admin.resume("d").channels().getFirst().after());
  }
}
