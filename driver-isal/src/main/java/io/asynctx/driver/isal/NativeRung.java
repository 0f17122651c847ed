package io.asynctx.driver.isal;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.raid.BulkKernels;
import io.asynctx.raid.Kernels;
import io.asynctx.raid.Ladder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The library as the highest rung over the kernels of Java: proved against them byte for byte, and
 * timed, so that each operation is done by whichever is faster here.
 *
 * <p>Threading: immutable once made.
 */
final class NativeRung {
  private static final Logger LOG = LoggerFactory.getLogger(NativeRung.class);

  // Enough calls for C2, which compiles a method after some ten thousand of them.
  private static final int WARM_CALLS = 15_000;
  private static final int WARM_BYTES = 1 << 10;
  private static final int WARM_BLOCKS = 4;

  // Each takes up to a few tenths of a second.
  private static final int ATTEMPTS = 20;

  private final IsalKernels rung;
  private final Ladder ladder;
  private final boolean timed;
  private final DmaCaps capabilities;

  private NativeRung(IsalKernels rung, Ladder ladder, boolean timed, DmaCaps capabilities) {
    this.rung = rung;
    this.ladder = ladder;
    this.timed = timed;
    this.capabilities = capabilities;
  }

  /**
   * Proves the library, and times it if wanted.
   *
   * @param library the device's hold
   * @param timed false: the library does all it can, fast or slow
   * @return the rung
   * @throws UnusableException if it computes something else, or does nothing faster
   */
  static NativeRung climb(IsalLibrary library, boolean timed) throws UnusableException {
    final IsalKernels rung = new IsalKernels(library, Kernels.best());
    final Ladder ladder = Ladder.of(Kernels.best(), rung);
    if (!ladder.name().equals(rung.name())) {
      throw new UnusableException(
          "the library was tried and does not do what it should: " + ladder.report(),
          "install another build of it, and tell whose it is");
    }
    if (timed) {
      warm(rung);
      if (!settles(Kernels.best()) || !settles(ladder)) {
        throw new UnusableException(
            "ISA-L could not be timed against the kernels of Java, the machine is too busy: "
                + ladder.report(),
            "restart this bundle when it is less so, or set kernels=native in "
                + IsalDriver.PID
                + "~NAME");
      }
    }
    final Set<String> faster = ladder.doneBy(rung);
    final Set<IsalFunction> used = library.functions();
    used.removeIf(function -> timed && !faster.contains(function.label));
    for (IsalFunction function : library.functions()) {
      LOG.info(
          "{}: {}, {}",
          function.symbol,
          used.contains(function) ? "used" : "left to Java",
          timed ? line(ladder, function) : "not timed");
    }
    return new NativeRung(rung, ladder, timed, capabilities(used));
  }

  /** Whether everything could be timed; what could not is unknown, and not to be preferred. */
  private static boolean settles(Ladder ladder) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (!Kernels.warmUp(ladder)) {
        return true;
      }
    }
    return false;
  }

  /** What channels can do if these functions are used. */
  static DmaCaps capabilities(Set<IsalFunction> used) throws UnusableException {
    final DmaCap[] able =
        used.stream().map(f -> f.operation).filter(Objects::nonNull).toArray(DmaCap[]::new);
    if (able.length == 0) {
      throw new UnusableException(
          "ISA-L does nothing faster than the kernels of Java here",
          "nothing needs to be done; to use it all the same set kernels=native in "
              + IsalDriver.PID
              + "~NAME");
    }
    return DmaCaps.of(able);
  }

  private static String line(Ladder ladder, IsalFunction function) {
    return ladder.report().stream()
        .filter(line -> line.startsWith(function.label + ':'))
        .findFirst()
        .orElse("no timing");
  }

  /** What channels on it can do. */
  DmaCaps capabilities() {
    return capabilities;
  }

  /**
   * The same for one channel.
   *
   * @param library the channel's hold
   * @return used by one thread at a time
   */
  BulkKernels on(IsalLibrary library) {
    final IsalKernels own = new IsalKernels(library, Kernels.best());
    return timed ? ladder.with(rung, own) : own;
  }

  /** Gets the calls compiled: what the JVM compiled for this bundle's last version is not ours. */
  private static void warm(BulkKernels kernels) {
    try (Arena arena = Arena.ofConfined()) {
      final @Nullable MemorySegment[] data = new @Nullable MemorySegment[WARM_BLOCKS];
      Arrays.setAll(data, i -> arena.allocate(WARM_BYTES, WARM_BYTES));
      final MemorySegment p = arena.allocate(WARM_BYTES, WARM_BYTES);
      final MemorySegment q = arena.allocate(WARM_BYTES, WARM_BYTES);
      for (int i = 0; i < WARM_CALLS; i++) {
        kernels.xor(p, data, WARM_BLOCKS, 0, WARM_BYTES);
        kernels.xorIsZero(data, WARM_BLOCKS, 0, WARM_BYTES);
        kernels.pq(p, q, data, WARM_BLOCKS, 0, WARM_BYTES);
        kernels.pqCheck(p, q, data, WARM_BLOCKS, 0, WARM_BYTES);
        kernels.crc32c(p, 0, WARM_BYTES, 0);
      }
    }
  }
}
