package io.asynctx.raid;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongBiFunction;

/**
 * Rungs of a {@link Ladder} that take what time they are told to, on a clock of their own. They do
 * real work, by the scalar kernels, only where a rung is proved: at an offset.
 */
final class FakeRung {
  /** A clock, a meter and what was asked for. */
  static final class World {
    long nanos;
    long allocated;
    int pauses;
    final List<String> warmed = new ArrayList<>();

    /** What the rung last called is named. */
    String last = "";

    Conditions conditions() {
      return new Conditions(
          () -> nanos, () -> allocated, () -> pauses++, rung -> warmed.add(rung.name()));
    }
  }

  /** A cost that means: do it, then change the first byte of the destination. */
  static final long SPOIL = -1;

  /** Nanoseconds of a call, by the method's name and the length; it may also throw. */
  interface Cost extends ToLongBiFunction<String, Long> {}

  private FakeRung() {}

  static BulkKernels of(World world, String name, long nanos) {
    return of(world, name, (method, length) -> nanos);
  }

  static BulkKernels of(World world, String name, Cost cost) {
    return (BulkKernels)
        Proxy.newProxyInstance(
            FakeRung.class.getClassLoader(),
            new Class<?>[] {BulkKernels.class},
            (proxy, method, args) -> {
              switch (method.getName()) {
                case "name", "toString" -> {
                  return name;
                }
                case "equals" -> {
                  return proxy == args[0];
                }
                case "hashCode" -> {
                  return System.identityHashCode(proxy);
                }
                default -> {}
              }
              int at = 0;
              while (!(args[at] instanceof Long)) {
                at++;
              }
              world.last = name;
              final long nanos = cost.applyAsLong(method.getName(), (Long) args[at + 1]);
              world.nanos += Math.max(0, nanos);
              if ((Long) args[at] == 0) {
                final Class<?> type = method.getReturnType();
                return type == boolean.class ? Boolean.TRUE : type == int.class ? 0 : null;
              }
              try {
                final Object answer = method.invoke(Kernels.scalar(), args);
                if (nanos == SPOIL) {
                  final MemorySegment dst = (MemorySegment) args[0];
                  final long offset = (Long) args[at];
                  dst.set(JAVA_BYTE, offset, (byte) ~dst.get(JAVA_BYTE, offset));
                }
                return answer;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
