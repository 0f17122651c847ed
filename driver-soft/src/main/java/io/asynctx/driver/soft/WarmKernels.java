package io.asynctx.driver.soft;

import io.asynctx.raid.BulkKernels;
import io.asynctx.raid.Kernels;
import io.asynctx.raid.Ladder;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kernels that are compiled already, and why they were chosen.
 *
 * <p>Threading: any thread.
 */
final class WarmKernels {
  private static final Logger LOG = LoggerFactory.getLogger(WarmKernels.class);

  private static final AtomicReference<List<String>> TOLD = new AtomicReference<>(List.of());

  private WarmKernels() {}

  /**
   * Kernels by configured name, ready to run at full speed.
   *
   * @param wanted as in {@link Kernels#choose}
   * @return the kernels
   * @throws IllegalArgumentException if {@code wanted} is not known
   */
  static BulkKernels choose(String wanted) {
    final BulkKernels kernels = Kernels.choose(wanted);
    final long start = System.nanoTime();
    if (Kernels.warmUp(kernels)) {
      LOG.info(
          "kernels warmed: kernels={}, took={} ms",
          kernels.name(),
          (System.nanoTime() - start) / 1_000_000);
    }
    if (kernels instanceof Ladder ladder) {
      tell(ladder.report());
    }
    return kernels;
  }

  /** Logs a report unless it is the one told last: the engine may have warmed the kernels first. */
  static void tell(List<String> report) {
    if (!report.equals(TOLD.getAndSet(report))) {
      report.forEach(line -> LOG.info("kernels chosen: {}", line));
    }
  }

  /**
   * Why these were chosen.
   *
   * @param wanted what was asked for
   * @param chosen what came of it
   * @return one line
   */
  static String reason(String wanted, BulkKernels chosen) {
    if (wanted.equals("auto") || !chosen.name().startsWith(wanted)) {
      return Kernels.reason();
    }
    return chosen.name() + ": configured, kernels=" + wanted;
  }
}
