package io.asynctx.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Every command in every state of the engine has a row, and the row leads to a test that exists.
 */
final class CommandStatesTest {

  private static final List<String> COMMANDS =
      List.of(
          "devices",
          "channels",
          "clients",
          "ops",
          "stats",
          "await",
          "leases",
          "buffers",
          "removals",
          "explain",
          "suspend",
          "resume",
          "drain",
          "reset",
          "quarantine",
          "assign",
          "policy",
          "test",
          "demo",
          "doctor");

  private static final List<String> STATES =
      List.of("no driver", "driver stopping", "engine stopped", "engine restarted");

  private static final List<String> REQUIRED =
      COMMANDS.stream()
          .flatMap(command -> STATES.stream().map(state -> command + " / " + state))
          .toList();

  @Test
  void everyCommandInEveryStateLeadsToItsTest() {
    final Tree tree = Tree.project();
    assertEquals(
        List.of(),
        new Coverage(REQUIRED).problems(tree, tree.document("docs/command-states.md").rows(), 2));
  }
}
