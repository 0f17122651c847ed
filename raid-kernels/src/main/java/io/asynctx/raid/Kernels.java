package io.asynctx.raid;

import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the kernels this JVM runs fastest.
 *
 * <p>Which there are is found out once, on first use, and never throws; which of them does what, a
 * {@link Ladder} of them decides by timing, when {@link #warmUp} is asked for. When the Vector API
 * is not usable no class that needs it is loaded. What counts is whether this class's loader can
 * see {@code jdk.incubator.vector}: on the class path that is the start option, in OSGi the
 * optional {@code Import-Package} wired to the framework's bundle.
 *
 * <p>Threading: any thread.
 *
 * @see "Apache Lucene, org.apache.lucene.internal.vectorization, for the order of the checks"
 */
public final class Kernels {
  /** Names of kernels that are compiled: the state of the JIT, which is shared by all. */
  private static final ConcurrentHashMap<String, Boolean> WARM = new ConcurrentHashMap<>();

  private static final int MIN_BITS = 128;

  private Kernels() {}

  record Choice(BulkKernels kernels, String reason) {}

  private static final class Holder {
    static final Choice HIGHEST =
        decide(Kernels.class.getClassLoader(), System.getProperty("java.vm.info", ""));
    static final Ladder BEST =
        Ladder.of(ScalarKernels.INSTANCE, LongKernels.INSTANCE, HIGHEST.kernels);
  }

  /** The byte-at-a-time kernels: slow, always there, the oracle of every other. */
  public static BulkKernels scalar() {
    return ScalarKernels.INSTANCE;
  }

  /**
   * The fastest kernels of this JVM; {@link #reason()} says why these. The vector ones are fast on
   * native segments of arenas and direct buffers; a call with any other operand, on the heap or a
   * mapped file, runs at the speed of plain Java, about a tenth.
   */
  public static Ladder best() {
    return Holder.BEST;
  }

  /** One line for the log: the name of {@link #best()}, why, and what would give a faster one. */
  public static String reason() {
    final Choice highest = Holder.HIGHEST;
    final String best = best().name();
    return highest.kernels.name().equals(best)
        ? highest.reason
        : best + ": " + String.join("; ", best().report());
  }

  /**
   * Kernels by configured name.
   *
   * @param wanted {@code auto}: {@link #best()}; {@code scalar}: {@link #scalar()}; {@code vector}:
   *     the Vector API ones even where C2 is off or the vectors are narrow, or those of plain Java
   *     if the API cannot be seen at all
   * @throws IllegalArgumentException if {@code wanted} is none of these
   */
  public static BulkKernels choose(String wanted) {
    return switch (wanted) {
      case "auto" -> best();
      case "scalar" -> scalar();
      case "vector" -> decide(Kernels.class.getClassLoader(), "").kernels;
      default ->
          throw new IllegalArgumentException(
              "no such kernels: wanted=" + wanted + "; use auto, scalar or vector");
    };
  }

  /**
   * Gets every kernel of {@code kernels} compiled, and a {@link Ladder} timed, so that the first
   * real call is neither interpreted nor allocates. A vector kernel in the interpreter is a hundred
   * times slower than the scalar one and boxes its vectors.
   *
   * <p>Bounded by a count, not by a clock: every loop runs on up to 4 KiB of native memory until it
   * passes HotSpot's default thresholds, which takes about a second of one core. The compiler may
   * be busy for a moment after this returns. Heap and mapped operands are not warmed: the vector
   * kernels leave them to loops over longs, which compile as fast as any Java code.
   *
   * <p>Call it at activation, off the hot path. Compiled code is the whole JVM's: what was warmed
   * once stays warm for as long as this bundle does, so that a driver deployed anew does not pay
   * again. Who asks while another is at it waits.
   *
   * @return whether this call did the work; false if it had been done
   */
  public static boolean warmUp(BulkKernels kernels) {
    if (kernels instanceof Ladder ladder) {
      return ladder.climb();
    }
    final boolean[] done = new boolean[1];
    WARM.computeIfAbsent(
        kernels.name(),
        name -> {
          WarmUp.run(kernels, Conditions.REAL);
          done[0] = true;
          return Boolean.TRUE;
        });
    return done[0];
  }

  /** The highest rung of plain Java, and why no other. */
  static Choice decide(@Nullable ClassLoader loader, String vmInfo) {
    final String obstacle = obstacle(loader, vmInfo);
    if (obstacle != null) {
      return plain(obstacle);
    }
    try {
      final int bits = VectorKernels.bits();
      if (bits < MIN_BITS) {
        return plain("preferred species too narrow: bits=" + bits + ", min=" + MIN_BITS);
      }
      final BulkKernels vector = new VectorKernels();
      return new Choice(
          vector,
          vector.name()
              + ": jdk.incubator.vector present, preferred species "
              + bits
              + " bits, C2 available");
    } catch (LinkageError | RuntimeException e) {
      return plain("the Vector API failed to start: " + e);
    }
  }

  private static Choice plain(String obstacle) {
    final BulkKernels kernels = LongKernels.INSTANCE;
    return new Choice(kernels, kernels.name() + ": " + obstacle);
  }

  /** What forbids the Vector API, with the way out; null if nothing does. */
  static @Nullable String obstacle(@Nullable ClassLoader loader, String vmInfo) {
    try {
      Class.forName("jdk.incubator.vector.ByteVector", false, loader);
    } catch (ClassNotFoundException | LinkageError e) {
      return "jdk.incubator.vector is not visible; start the JVM with --add-modules"
          + " jdk.incubator.vector (in OSGi also: the bundle must be wired to it)";
    }
    if (vmInfo.contains("interpreted mode") || vmInfo.contains("emulated-client")) {
      return "C2 is off, so vectors would be boxed: java.vm.info="
          + vmInfo
          + "; start the JVM without -Xint and -XX:TieredStopAtLevel";
    }
    return null;
  }
}
