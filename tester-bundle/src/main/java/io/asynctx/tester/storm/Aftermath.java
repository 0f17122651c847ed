package io.asynctx.tester.storm;

import io.asynctx.dmaengine.dto.EngineDTO;
import java.time.Duration;

/**
 * Looks at the engine when everything has ended: every descriptor free, no invariant broken. In
 * addition to the book, which asks the engine nothing.
 *
 * <p>Threading: one thread.
 */
final class Aftermath {

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final long LOOK_NANOS = 2_000_000;

  private final Storm storm;
  private final Stage stage;

  Aftermath(Storm storm, Stage stage) {
    this.storm = storm;
    this.stage = stage;
  }

  void look() {
    for (int operation : storm.ledger().lost(20)) {
      storm.violations().add("lost", "op=" + operation);
    }
    final long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!quiet() && System.nanoTime() - deadline < 0) {
      Stop.parked(LOOK_NANOS);
    }
    final EngineDTO engine = stage.services().inspector().engine();
    if (!quiet()) {
      storm
          .violations()
          .add(
              "descriptors not free",
              "slots="
                  + engine.slots()
                  + ", free="
                  + engine.freeSlots()
                  + ", live="
                  + engine.live()
                  + ", unacknowledged="
                  + engine.unacknowledged()
                  + ", operations="
                  + stage.services().inspector().operations(5));
    }
    for (String broken : stage.services().inspector().audit()) {
      storm.violations().add("invariant broken", broken);
    }
  }

  private boolean quiet() {
    final EngineDTO engine = stage.services().inspector().engine();
    return engine.freeSlots() == engine.slots() && engine.live() == 0;
  }
}
