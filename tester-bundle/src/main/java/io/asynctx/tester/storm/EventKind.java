package io.asynctx.tester.storm;

import java.util.Locale;

/** What happens to the platform. The weight is how often it stands in each round of events. */
enum EventKind {
  /** A driver's bundle is stopped, and started again. */
  STOP(4, ""),
  UPDATE(3, ""),
  REFRESH(2, ""),
  /** Uninstalled, and installed again. */
  REINSTALL(2, ""),
  /** The driver's configuration is changed. */
  CONFIGURE(3, ""),
  /** A device is suspended, and resumed. */
  SUSPEND(2, ""),
  RESET(2, ""),
  /** A client's bundle is stopped with work on its way. */
  CLIENT(2, ""),
  /** The engine's bundle is stopped and started; the drivers stay. */
  ENGINE(1, ""),
  /** A driver is stopped by a completion callback. */
  CALLBACK(2, ""),
  /** A driver is stopped by a client that is told of a channel. */
  EVENT(2, ""),
  /** Both drivers are stopped at once. */
  TWO(2, ""),
  /** A device is decorated, or freed of its decorator. */
  DECORATE(2, ""),
  FAIL(1, "fail every=7 times=40"),
  STALL(1, "stall every=15 times=2"),
  SLOW(1, "slow every=9 micros=8000 times=20"),
  REORDER(1, "reorder every=5 times=40"),
  PARTIAL(1, "partial every=9 times=30"),
  DUPLICATE(1, "duplicate every=9 times=20"),
  STRAY(1, "stray every=9 times=20"),
  MISCOUNT(1, "miscount every=9 times=20"),
  THROW(1, "throw in=push every=15 times=2"),
  HALT(1, "halt every=15 times=1"),
  VANISH(1, "vanish every=15 times=1"),
  NOTQUIET(1, "notquiet"),
  HANG(1, "hang in=poll every=15 millis=600 times=1"),
  /** Does not return from its end in time, so that nobody knows whether it is quiet. */
  DEAF(1, "hang in=terminate every=15 millis=1200 times=1");

  final int weight;

  /** Rule of the injected fault; empty if it is none. */
  final String rule;

  EventKind(int weight, String rule) {
    this.weight = weight;
    this.rule = rule;
  }

  /** The kind a label stands for. */
  static EventKind of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }

  boolean fault() {
    return !rule.isEmpty();
  }

  /** Whether it comes about only when the channel ends. */
  boolean atTheEnd() {
    return this == NOTQUIET || this == DEAF;
  }

  /** Whether the engine needs its watchdog to notice. */
  boolean silent() {
    return this == STALL || this == HALT || this == HANG;
  }

  /** As it stands in reports. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
