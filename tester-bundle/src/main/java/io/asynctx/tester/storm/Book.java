package io.asynctx.tester.storm;

import io.asynctx.dmaengine.EngineStoppedException;

/**
 * Everything that is written down during a run, and what callbacks look at.
 *
 * @param ledger of operations
 * @param violations of what must hold
 * @param weather when something was made to go wrong
 * @param trap what the next callback does besides
 * @param executions where devices tell what they begin
 */
record Book(
    Ledger ledger, Violations violations, Weather weather, Trap trap, Executions executions) {

  /** An empty one. */
  static Book of(int operations) {
    final Ledger ledger = new Ledger(operations);
    final Violations violations = new Violations();
    return new Book(
        ledger, violations, new Weather(), new Trap(), new Executions(ledger, violations));
  }

  /** The engine did not take an operation: right while it stops, else a violation. */
  void refused(Flight flight, int index, RuntimeException why) {
    if (weather.restartsSince(flight.mark()) || why instanceof EngineStoppedException) {
      Storm.LOG.debug("refused: {}", flight.text(index), why);
      return;
    }
    violations.add("refused", flight.text(index) + ", reason=" + why);
    Storm.LOG.warn("refused: {}", flight.text(index), why);
  }
}
