package io.asynctx.driver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.driver.tck.device.AsyncDevice;
import io.asynctx.driver.tck.junit.DmaDeviceContract;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

class JUnitFaceTest {
  private static TestExecutionSummary run(Class<?> contract) {
    final SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request().selectors(selectClass(contract)).build(),
            listener);
    return listener.getSummary();
  }

  @Test
  void contractsAreTestsThatPassFailOrAreSkipped() {
    final TestExecutionSummary summary = run(Counts.class);
    assertEquals(4, summary.getTestsFoundCount());
    assertEquals(1, summary.getTestsAbortedCount());
    assertEquals(1, summary.getTestsSucceededCount());
    assertEquals(2, summary.getTestsFailedCount());
    final String failures =
        summary.getFailures().stream().map(f -> f.getException().getMessage()).toList().toString();
    assertTrue(failures.contains("poll returned a wrong count"), failures);
    assertTrue(failures.contains("expected, but not run: device=counts"), failures);
    assertFalse(Counts.device.isOpen(0));
    assertTrue(Counts.released);
  }

  /** Fails one contract, and another is expected that it skips. Run by the test above only. */
  static final class Counts extends DmaDeviceContract {
    static final AsyncDevice device = AsyncDevice.builder("counts").build();
    static boolean released;

    @Override
    protected DmaDevice device() {
      return new FaultyDevice(
          device,
          ops ->
              new Faulty(ops) {
                @Override
                public int poll(int limit, CompletionSink sink) {
                  return inner.poll(limit, sink) + 1;
                }
              });
    }

    @Override
    protected TckOptions options() {
      return TckOptions.defaults()
          .only("S-LIMITS", "P-COUNT", "I-COMES")
          .expected(TckExpected.parse("always: S-LIMITS I-COMES"));
    }

    @Override
    protected void release(DmaDevice device) throws Exception {
      super.release(device);
      released = true;
    }
  }
}
