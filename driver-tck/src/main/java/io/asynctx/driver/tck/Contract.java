package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A contract and what checks it.
 *
 * @param face what others see of it
 * @param body what checks it
 * @param watched ids under which violations seen by the harness fail it; empty: any violation does
 */
record Contract(TckContract face, Body body, Set<String> watched) {
  /** Runs against an opened bench; throws if the contract is broken or does not apply. */
  @FunctionalInterface
  interface Body {
    void check(Bench bench) throws Exception;
  }

  static Contract of(String id, String title, Body body) {
    return new Contract(new TckContract(id, title, null), body, Set.of());
  }

  static Contract of(String id, String title, @Nullable DmaCap capability, Body body) {
    return new Contract(new TckContract(id, title, capability), body, Set.of());
  }

  /** The same, failed only by violations of its own. */
  Contract alone() {
    return new Contract(face, body, Set.of(face.id()));
  }

  boolean watches(Violation violation) {
    return watched.isEmpty() || watched.contains(violation.contract());
  }
}
