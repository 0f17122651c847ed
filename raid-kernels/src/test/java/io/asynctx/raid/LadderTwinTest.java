package io.asynctx.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Who does what on a ladder, and another object in the place of a rung. */
class LadderTwinTest {
  private final List<String> calls = new ArrayList<>();

  /** The scalar kernels under another name. */
  private BulkKernels named(String name) {
    return (BulkKernels)
        Proxy.newProxyInstance(
            LadderTwinTest.class.getClassLoader(),
            new Class<?>[] {BulkKernels.class},
            (proxy, method, args) -> {
              if (method.getName().equals("name")) {
                return name;
              } else if (method.getDeclaringClass() == Object.class) {
                return method.getName().equals("equals")
                    ? (Object) (proxy == args[0])
                    : (Object) System.identityHashCode(proxy);
              }
              calls.add(name + ' ' + method.getName());
              return method.invoke(Kernels.scalar(), args);
            });
  }

  @Test
  void beforeItIsTimedTheHighestRungDoesEverything() {
    final BulkKernels rung = named("rung");
    final Ladder ladder = Ladder.of(Kernels.scalar(), rung);
    final Set<String> labels = ladder.doneBy(rung);
    assertTrue(labels.containsAll(Set.of("xor", "xor_val", "pq", "pq_val", "crc32c")), "" + labels);
    assertEquals(Operation.values().length, labels.size());
    assertEquals(Set.of(), ladder.doneBy(Kernels.scalar()));
  }

  @Test
  void twinDoesWhatTheRungWouldAndTheLadderKeepsTheRung() {
    final BulkKernels rung = named("rung");
    final Ladder ladder = Ladder.of(Kernels.scalar(), rung);
    final BulkKernels with = ladder.with(rung, named("twin"));
    calls.clear();
    final MemorySegment segment = MemorySegment.ofArray(new byte[64]);
    with.fill(segment, 0, 64, (byte) 1);
    ladder.fill(segment, 0, 64, (byte) 2);
    assertEquals(List.of("twin fill", "rung fill"), calls);
    assertEquals(ladder.name(), with.name());
  }

  @Test
  void rungThatIsOutDoesNothing() {
    final BulkKernels wrong =
        (BulkKernels)
            Proxy.newProxyInstance(
                LadderTwinTest.class.getClassLoader(),
                new Class<?>[] {BulkKernels.class},
                (proxy, method, args) -> {
                  if (method.getName().equals("name")) {
                    return "wrong";
                  }
                  throw new IllegalStateException("does not work");
                });
    assertEquals(Set.of(), Ladder.of(Kernels.scalar(), wrong).doneBy(wrong));
  }
}
