package io.asynctx.raid;

import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/** Whether a rung does what another does, byte for byte; see {@link Ladder}. */
final class Proof {
  private static final long OFFSET = 3;

  /** Less than any vector; and a few of the widest, unrolled, with a rest. */
  private static final long[] LENGTHS = {7, 1029};

  private Proof() {}

  /**
   * Runs every operation on either.
   *
   * @return what is wrong; null if nothing is
   */
  static @Nullable String fault(BulkKernels rung, BulkKernels judge) {
    try (Arena arena = Arena.ofConfined()) {
      for (final long length : LENGTHS) {
        final Trial mine = new Trial(arena, OFFSET + length);
        final Trial theirs = new Trial(arena, OFFSET + length);
        for (final Operation operation : Operation.values()) {
          mine.scramble();
          theirs.scramble();
          final long expected = operation.run(judge, mine, OFFSET, length);
          final long actual = operation.run(rung, theirs, OFFSET, length);
          if (expected != actual || !theirs.holdsTheSameAs(mine)) {
            return "differs from "
                + judge.name()
                + ": operation="
                + operation.label
                + ", offset="
                + OFFSET
                + ", length="
                + length;
          }
        }
      }
      return null;
    } catch (RuntimeException | Error e) {
      // A rung may be foreign code; whatever it throws, the rungs below it still do the work.
      return "threw: " + e;
    }
  }
}
