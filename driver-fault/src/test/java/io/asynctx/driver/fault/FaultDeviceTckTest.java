package io.asynctx.driver.fault;

import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.driver.soft.SoftDevices;
import io.asynctx.driver.tck.device.AsyncDevice;
import io.asynctx.driver.tck.junit.DmaDeviceContract;
import java.util.List;
import org.junit.jupiter.api.Nested;

/** A decorator that does nothing is as good a device as the one behind it. */
class FaultDeviceTckTest {
  /** Looked at for each transfer, and never true. */
  private static final List<String> NEVER =
      List.of("fail nth=1000000000000", "corrupt p=0", "hang in=poll millis=1 every=1000000000000");

  private static DmaDevice decorated(DmaDevice inner, List<String> rules) {
    return new FaultDevice(inner, new Rules(rules, 1), () -> {});
  }

  private static DmaDevice asynchronous() {
    return AsyncDevice.builder("async0").interrupts().build();
  }

  @Nested
  class SoftWithoutRules extends DmaDeviceContract {
    @Override
    protected DmaDevice device() {
      return decorated(SoftDevices.device("soft0"), List.of());
    }
  }

  @Nested
  class SoftWithRulesThatAreNeverTrue extends DmaDeviceContract {
    @Override
    protected DmaDevice device() {
      return decorated(SoftDevices.device("soft0"), NEVER);
    }
  }

  @Nested
  class AsynchronousWithoutRules extends DmaDeviceContract {
    @Override
    protected DmaDevice device() {
      return decorated(asynchronous(), List.of());
    }
  }

  @Nested
  class AsynchronousWithRulesThatAreNeverTrue extends DmaDeviceContract {
    @Override
    protected DmaDevice device() {
      return decorated(asynchronous(), NEVER);
    }
  }
}
