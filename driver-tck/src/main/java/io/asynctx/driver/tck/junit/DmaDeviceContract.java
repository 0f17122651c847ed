package io.asynctx.driver.tck.junit;

import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.driver.tck.Tck;
import io.asynctx.driver.tck.TckContract;
import io.asynctx.driver.tck.TckOptions;
import io.asynctx.driver.tck.TckReport;
import io.asynctx.driver.tck.TckResult;
import io.asynctx.driver.tck.TckSession;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A driver's whole conformance test is one small subclass:
 *
 * <pre>
 *  class SoftDeviceTckTest extends DmaDeviceContract {
 *    &#64;Override
 *    protected DmaDevice device() {
 *      return new SoftDevice("soft0");
 *    }
 *  }
 * </pre>
 *
 * <p>Each contract is a test of its own. One that does not apply is skipped with its reason; the
 * last test fails if a contract that the device's capabilities call for was not run.
 */
@Execution(ExecutionMode.SAME_THREAD)
public abstract class DmaDeviceContract {

  /** For subclasses. */
  protected DmaDeviceContract() {}

  /**
   * The device, asked for once.
   *
   * @return a device with every channel closed
   * @throws Exception if there is none
   */
  protected abstract DmaDevice device() throws Exception;

  /**
   * How to run the kit.
   *
   * @return the default options
   */
  protected TckOptions options() {
    return TckOptions.defaults();
  }

  /**
   * Told that the kit is done with the device. Closes it if it can be closed.
   *
   * @param device what {@link #device()} gave
   * @throws Exception if that fails
   */
  protected void release(DmaDevice device) throws Exception {
    if (device instanceof AutoCloseable closeable) {
      closeable.close();
    }
  }

  @TestFactory
  @DisplayName("the driver contract")
  final Stream<DynamicTest> contracts() throws Exception {
    final DmaDevice device = device();
    final TckSession session = Tck.begin(device, options());
    final Stream<DynamicTest> each =
        session.contracts().stream()
            .map(c -> DynamicTest.dynamicTest(c.toString(), () -> run(session, c)));
    final DynamicTest last =
        DynamicTest.dynamicTest(
            "every contract the device's capabilities call for was run",
            () -> nothingIsMissing(session.report()));
    return Stream.concat(each, Stream.of(last)).onClose(() -> end(session, device));
  }

  private static void run(TckSession session, TckContract contract) {
    final TckResult result = session.run(contract);
    switch (result.outcome()) {
      case PASSED -> {}
      case FAILED -> Assertions.fail(result.reason());
      case SKIPPED -> Assumptions.abort(result.reason());
    }
  }

  private static void nothingIsMissing(TckReport report) {
    final Set<String> missing = report.missing();
    Assertions.assertTrue(missing.isEmpty(), report::complaint);
    Assertions.assertFalse(
        report.with(TckResult.Outcome.PASSED).isEmpty(), "no contract passed at all");
  }

  private void end(TckSession session, DmaDevice device) {
    session.close();
    try {
      release(device);
    } catch (Exception e) {
      throw new IllegalStateException("device was not given back: device=" + device.name(), e);
    }
  }
}
