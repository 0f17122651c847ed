package io.asynctx.dmaengine.engine;

import java.util.concurrent.atomic.LongAdder;

/** What an engine counts. Any thread adds; sums are exact once the engine is quiet. */
final class Counters {
  final LongAdder abandoned = new LongAdder();
  final LongAdder ok = new LongAdder();
  final LongAdder error = new LongAdder();
  final LongAdder aborted = new LongAdder();
  final LongAdder callbacks = new LongAdder();
  final LongAdder callbackFailures = new LongAdder();
  final LongAdder stuckCallbacks = new LongAdder();
  final LongAdder synchronous = new LongAdder();
  final LongAdder displaced = new LongAdder();
  final LongAdder failovers = new LongAdder();
  final LongAdder resets = new LongAdder();
  final LongAdder endedTwice = new LongAdder();
  final LongAdder afterGone = new LongAdder();
  final LongAdder driverFaults = new LongAdder();
  final LongAdder parks = new LongAdder();
  final LongAdder unparks = new LongAdder();

  private final Descriptors descriptors;

  /** Of operations that have no descriptor. */
  private final Hazards direct;

  Counters(Descriptors descriptors, Hazards direct) {
    this.descriptors = descriptors;
    this.direct = direct;
  }

  /**
   * Nobody counts these one by one: each life of a descriptor has a generation of its own, and what
   * was not submitted was abandoned. Looks through all descriptors.
   */
  long submitted() {
    return descriptors.submitted() - abandoned.sum() + direct.ok() + direct.error();
  }

  long ok() {
    return ok.sum() + direct.ok();
  }

  long error() {
    return error.sum() + direct.error();
  }

  long synchronous() {
    return synchronous.sum() + direct.ok() + direct.error();
  }

  long ended() {
    return ok() + error() + aborted.sum();
  }
}
