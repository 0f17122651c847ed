package io.asynctx.bench.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.asynctx.bench.Effort;
import io.asynctx.bench.Measurement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A group runs from end to end: framework, engine, driver, bytes looked at, samples taken. */
final class SyncGroupTest {

  @Test
  void everyRowIsMeasured() throws Exception {
    final SyncGroup group = new SyncGroup();
    final List<Measurement> found = new ArrayList<>();
    group.measure(group.rows(), new Effort(1, 1, 1), found::add);
    assertEquals(
        List.of("sync.memcpy/4K", "sync.memcpy/64K", "sync.fixed/64"),
        found.stream().map(Measurement::row).toList());
    found.forEach(m -> assertEquals(Measurement.Kind.MEASURED, m.kind()));
  }
}
