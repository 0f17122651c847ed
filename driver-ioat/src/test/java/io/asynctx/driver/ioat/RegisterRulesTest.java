package io.asynctx.driver.ioat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.driver.ioat.RegisterRule.Verdict;
import io.asynctx.models.ioat.Fault;
import io.asynctx.models.ioat.IoatProfile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The driver's own accesses, held against rules that come from those of Linux and DPDK. Each rule
 * must have something to say, must hold, and must fail a recording that was altered to break it.
 */
class RegisterRulesTest {
  private static final List<String> OTHERS =
      List.of(
          "linux-6.1-v3.2",
          "linux-6.1-v3.3",
          "linux-6.1-v3.4",
          "dpdk-22.11-start",
          "dpdk-22.11-recovery");

  /** By phase, and by profile and way. */
  private static final Map<String, Map<String, List<RegisterAccess>>> RECORDINGS = new TreeMap<>();

  /** One recording after another, of one device. */
  private record Recorder(Rig rig, String name) {
    void begin() {
      rig.model.log().start();
    }

    void end(String phase) {
      RECORDINGS
          .computeIfAbsent(phase, p -> new TreeMap<>())
          .put(name, RegisterAccess.of(rig.model.log().entries().stream().map(Object::toString)));
    }
  }

  @BeforeAll
  static void record() throws Exception {
    for (IoatProfile profile : IoatProfile.values()) {
      for (boolean interrupting : new boolean[] {false, true}) {
        try (Rig rig = Rig.synchronous(profile)) {
          record(rig, profile + (interrupting ? " interrupting" : " polled"), interrupting);
        }
      }
    }
  }

  private static void record(Rig rig, String name, boolean interrupting) throws Exception {
    final Recorder recorder = new Recorder(rig, name);
    recorder.begin();
    final IoatDevice device = rig.open(interrupting ? Rig.INTERRUPTING : Rig.POLLED);
    recorder.end("probe");
    recorder.begin();
    final ChannelOps ops = device.open(0);
    recorder.end("start");
    final Room room = new Room(3);
    final Client client = new Client(ops, room);
    recorder.begin();
    client.run(Work.copy(1, room, 100));
    client.run(Work.copy(2, room, 100), Work.fill(3, room, 50), Work.interrupt(4));
    final boolean raid = device.limits(0).maxXor() > 0;
    if (raid) {
      client.run(Work.xor(5, room, 8, 100), Work.pq(6, room, 8, 100));
    }
    recorder.end("run");
    if (raid) {
      recorder.begin();
      client.run(Work.xorCheck(7, room, 8, 100, true), Work.copy(8, room, 100));
      recorder.end("halt");
    }
    rig.model.faults().on(Fault.ADDRESS_ERROR, 1, 1, 1);
    recorder.begin();
    client.run(Work.copy(9, room, 10), Work.copy(10, room, 10), Work.copy(11, room, 10));
    recorder.end("recovery");
    recorder.begin();
    client.terminate(TimeUnit.MILLISECONDS.toNanos(300));
    ops.close();
    device.close();
    recorder.end("stop");
    assertEquals(List.of(), rig.model.violations());
  }

  static List<RegisterRule> rules() {
    return RegisterRule.all();
  }

  @ParameterizedTest
  @MethodSource("rules")
  void theDriverKeepsIt(RegisterRule rule) {
    for (String phase : rule.phases()) {
      final List<String> applied = new ArrayList<>();
      RECORDINGS
          .get(phase)
          .forEach((name, recording) -> {
            final Verdict verdict = rule.check(recording);
            assertNull(verdict.violation(), () -> rule + ", " + phase + ", " + name);
            if (verdict.applied()) {
              applied.add(name);
            }
          });
      assertTrue(!applied.isEmpty(), () -> rule + " speaks of nothing: phase=" + phase);
    }
  }

  @ParameterizedTest
  @MethodSource("rules")
  void anAlteredRecordingFailsIt(RegisterRule rule) {
    for (String phase : rule.phases()) {
      int altered = 0;
      for (Map.Entry<String, List<RegisterAccess>> one : RECORDINGS.get(phase).entrySet()) {
        final List<RegisterAccess> changed = rule.altered(one.getValue());
        if (changed != null) {
          assertNotNull(
              rule.check(changed).violation(),
              () -> rule + " is not broken: " + phase + ", " + one.getKey() + ": " + changed);
          altered++;
        }
      }
      assertTrue(altered > 0, () -> rule + " cannot be broken: phase=" + phase);
    }
  }

  @ParameterizedTest
  @MethodSource("rules")
  void theDriversItComesFromKeepIt(RegisterRule rule) {
    for (String source : rule.recordings()) {
      boolean applied = false;
      for (String other : OTHERS) {
        if (other.startsWith(source)) {
          final Verdict verdict =
              rule.check(RegisterAccess.of(RegisterRule.lines(other + ".txt").stream()));
          assertNull(verdict.violation(), () -> rule + ", " + other);
          applied |= verdict.applied();
        }
      }
      assertTrue(applied, () -> rule + " speaks of nothing in: " + source);
    }
  }

  @Test
  void everyPhaseHasItsRules() {
    final TreeSet<String> phases = new TreeSet<>();
    rules().forEach(rule -> phases.addAll(rule.phases()));
    assertEquals(RECORDINGS.keySet(), phases);
    assertEquals(rules().size(), rules().stream().map(RegisterRule::id).distinct().count(), "ids");
  }

  /** What a copy costs at its bus, in full: one write. */
  @Test
  void aCopyIsOneWriteOfTheDoorbell() {
    final List<RegisterAccess> run = RECORDINGS.get("run").get("SKX polled");
    assertEquals(2, run.size(), run::toString);
    assertTrue(run.stream().allMatch(a -> a.write() && a.register().equals("DMACOUNT")));
  }
}
