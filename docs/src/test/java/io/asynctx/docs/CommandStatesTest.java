package io.asynctx.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Every command in every state of the engine has a row, and the row leads to a test that exists.
 */
final class CommandStatesTest {

  private static final List<String> COMMANDS =
      List.of("devices", "channels", "clients", "ops", "stats", "await", "test", "demo", "doctor");

  private static final List<String> STATES =
      List.of("no driver", "driver stopping", "engine stopped", "engine restarted");

  private static final List<String> REQUIRED =
      COMMANDS.stream()
          .flatMap(command -> STATES.stream().map(state -> command + " / " + state))
          .toList();

  /** Rows whose tests are still to be written. Only ever gets smaller. */
  private static final Set<String> PENDING = new LinkedHashSet<>(REQUIRED);

  @Test
  void everyCommandInEveryStateLeadsToItsTest() {
    final Tree tree = Tree.project();
    assertEquals(
        List.of(),
        new Coverage(REQUIRED, PENDING)
            .problems(tree, tree.document("docs/command-states.md").rows(), 2));
  }
}
