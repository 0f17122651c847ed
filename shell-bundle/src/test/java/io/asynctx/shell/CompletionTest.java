package io.asynctx.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.dto.ClientDTO;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.felix.gogo.jline.Builtin;
import org.apache.felix.gogo.jline.Shell;
import org.jline.builtins.Completers.Completer;
import org.jline.builtins.Completers.CompletionData;
import org.jline.builtins.Completers.CompletionEnvironment;
import org.jline.reader.Candidate;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;
import org.jline.reader.impl.DefaultParser;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Completion as Gogo's JLine shell does it, with its own command and JLine's own completer. */
class CompletionTest {

  private final Gogo gogo = new Gogo();
  private final FakeInspector inspector = new FakeInspector();

  @BeforeEach
  void aShellWithAnEngine() {
    gogo.processor.addCommand("gogo", new Builtin(), "complete");
    gogo.processor.addListener(new Completion());
    inspector.devices = List.of(FakeInspector.device("soft0", "software", "serving"));
    inspector.channels = List.of(FakeInspector.channel("soft0", "software", "ACTIVE", List.of()));
    inspector.clients =
        List.of(
            new ClientDTO("raid", "io.raid", "call", List.of(), "", true, "", false, 0, List.of()));
    gogo.engineStarts(inspector, "default");
    gogo.engineStarts(new FakeInspector(), "blue");
  }

  @AfterEach
  void close() {
    gogo.close();
  }

  private void interactive() throws Exception {
    gogo.session.put(".completions", new HashMap<>());
    gogo.session.execute("dma:stats");
    assertEquals("", gogo.err.toString());
  }

  private Set<String> complete(String line) {
    final ParsedLine parsed =
        new DefaultParser()
            .parse(line, line.length(), org.jline.reader.Parser.ParseContext.COMPLETE);
    final List<Candidate> candidates = new ArrayList<>();
    new Completer(
            new CompletionEnvironment() {
              @Override
              public Map<String, List<CompletionData>> getCompletions() {
                return Shell.getCompletions(gogo.session);
              }

              @Override
              public Set<String> getCommands() {
                return gogo.processor.getCommands();
              }

              @Override
              public String resolveCommand(String command) {
                return Shell.resolve(gogo.session, command);
              }

              @Override
              public String commandName(String command) {
                return command.substring(command.indexOf(':') + 1);
              }

              @Override
              public Object evaluate(LineReader reader, ParsedLine words, String function)
                  throws Exception {
                gogo.session.put(".commandLine", words);
                return gogo.session.execute(function);
              }
            })
        .complete(null, parsed, candidates);
    final Set<String> values = new TreeSet<>();
    candidates.forEach(c -> values.add(c.value()));
    return values;
  }

  @Test
  void optionsOfEveryCommandComplete() throws Exception {
    interactive();
    assertEquals(Set.of("--engine", "--help", "--json", "-h", "-j"), complete("dma:channels -"));
    assertTrue(complete("dma:ops --").contains("--most"));
    assertTrue(complete("dma:doctor --").contains("--audit"));
    assertTrue(complete("dma:assign --").contains("--clear"));
    assertTrue(complete("dma:test -").containsAll(Set.of("--iterations", "--seed", "-j")));
    assertTrue(complete("dma:demo --").contains("--corrupt"));
    assertTrue(complete("channels -").contains("--json"), "without the scope");
  }

  @Test
  void namesComplete() throws Exception {
    interactive();
    assertEquals(Set.of("soft0", "soft0/0"), complete("dma:channels "));
    assertEquals(Set.of("soft0"), complete("dma:devices s"));
    assertEquals(Set.of("soft0", "soft0/0"), complete("dma:await "));
    assertEquals(Set.of("soft0", "soft0/0"), complete("dma:await -j "));
    assertEquals(Set.of(), complete("dma:await soft0 "));
    assertEquals(Set.of(), complete("dma:stats "));
  }

  @Test
  void argumentsOfOrdersAndQuestionsComplete() throws Exception {
    interactive();
    for (String order : List.of("suspend", "resume", "drain", "reset", "quarantine")) {
      assertEquals(Set.of("soft0", "soft0/0"), complete("dma:" + order + " "), order);
      assertEquals(Set.of(), complete("dma:" + order + " soft0 "), order);
    }
    assertTrue(complete("dma:explain ").containsAll(Set.of("copy", "xor", "recov")));
    assertEquals(Set.of(), complete("dma:explain xor "));
    assertTrue(complete("dma:assign ").containsAll(Set.of("xor", "all")));
    assertEquals(Set.of("require", "prefer", "forbid"), complete("dma:assign xor "));
    assertEquals(
        Set.of("soft0", "soft0/0", "hardware", "emulated", "software", "synchronous"),
        complete("dma:assign xor forbid "));
    assertEquals(Set.of(), complete("dma:assign xor forbid soft0 "));
    final Set<String> words = complete("dma:policy ");
    assertTrue(
        words.containsAll(Set.of("prefer=hardware", "require=synchronous", "onFault=failover")),
        words::toString);
    assertEquals(words, complete("dma:policy timed=true "), "any number of words");
    assertTrue(words.stream().noneMatch(w -> w.startsWith("poolEmpty=")), words::toString);
    assertEquals(Set.of("soft0", "soft0/0", "raid"), complete("dma:leases "));
    assertEquals(Set.of("soft0"), complete("dma:removals "));
    assertEquals(Set.of(), complete("dma:buffers "));
  }

  @Test
  void optionsOfJobsComplete() throws Exception {
    interactive();
    assertTrue(complete("dma:storm --").containsAll(Set.of("--seed", "--ops", "--events")));
    assertTrue(complete("dma:soak --").contains("--minutes"));
    assertTrue(complete("dma:bench-swap --").contains("--json"));
    assertTrue(complete("dma:inject -").containsAll(Set.of("-j", "--help")));
    assertEquals(Set.of("soft0"), complete("dma:inject "));
    assertEquals(Set.of(), complete("dma:inject soft0 "));
    assertEquals(Set.of(), complete("dma:storm "));
  }

  @Test
  void valuesOfOptionsComplete() throws Exception {
    interactive();
    assertEquals(Set.of("blue", "default"), complete("dma:channels --engine "));
    assertEquals(Set.of(), complete("dma:channels --engine blue "));
    assertEquals(Set.of(), complete("dma:explain --sources "));
    assertEquals(Set.of(), complete("dma:buffers --most "));
    assertTrue(
        complete("dma:explain --policy ").containsAll(Set.of("prefer=hardware", "poolEmpty=wait")));
    assertEquals(Set.of("P", "Q", "DATA"), complete("dma:demo --corrupt "));
    assertEquals(Set.of("soft0/0"), complete("dma:test --channel "));
    assertEquals(Set.of("soft0"), complete("dma:test --device "));
  }

  @Test
  void aStoppedEngineCompletesNothing() throws Exception {
    interactive();
    inspector.stopped = true;
    assertEquals(Set.of(), complete("dma:channels "));
    gogo.engineStops(inspector, "default");
    assertEquals(Set.of(), complete("dma:channels "));
  }

  @Test
  void commandsCompleteButNotTheHelperOfCompletion() throws Exception {
    interactive();
    final Set<String> commands = complete("");
    assertTrue(
        commands.contains("channels") || commands.contains("dma:channels"), commands::toString);
    assertTrue(commands.stream().noneMatch(c -> c.contains("_candidates")), commands::toString);
  }

  @Test
  void aScriptedSessionIsLeftAlone() throws Exception {
    gogo.session.execute("dma:stats");
    assertNull(gogo.session.get(".dma.completions"));
  }

  @Test
  void aShellWithoutTheCommandIsLeftInPeace() throws Exception {
    gogo.processor.removeCommand("gogo", "complete");
    gogo.session.put(".completions", new HashMap<>());
    assertTrue(gogo.run("dma:stats") != null);
  }
}
