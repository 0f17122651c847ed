package io.asynctx.validation.inside;

import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.driver.tck.Tck;
import io.asynctx.driver.tck.TckExpected;
import io.asynctx.driver.tck.TckOptions;
import io.asynctx.driver.tck.TckReport;
import io.asynctx.driver.tck.TckResult;
import java.io.PrintStream;
import java.time.Duration;

/**
 * The conformance kit on a device that no engine has.
 *
 * <p>Threading: one thread.
 */
final class KitPaces {

  /** The processor of the guest is emulated, and slow. */
  private static final Duration TRANSFER = Duration.ofSeconds(30);

  private static final Duration CONTRACT = Duration.ofMinutes(3);
  private static final Duration WATCH = Duration.ofMillis(100);

  private KitPaces() {}

  static void run(DmaDevice device, PrintStream out) {
    final TckReport report =
        Tck.run(
            device,
            TckOptions.defaults()
                .expected(TckExpected.plain())
                .timeouts(TRANSFER, CONTRACT, WATCH));
    final int passed = report.with(TckResult.Outcome.PASSED).size();
    out.println("asynctx:kit-contracts=" + passed);
    report.complaint().lines().limit(20).forEach(out::println);
    Expect.that("the device conforms", report.passed());
  }
}
