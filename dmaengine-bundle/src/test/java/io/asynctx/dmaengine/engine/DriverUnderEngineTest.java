package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.driver.tck.EngineUnderTest;
import io.asynctx.driver.tck.TckExpected;
import io.asynctx.driver.tck.TckOptions;
import io.asynctx.driver.tck.device.AsyncDevice;
import io.asynctx.driver.tck.junit.DmaDeviceContract;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;

/**
 * The conformance kit with this engine behind it: dependents are submitted from the clean-up path.
 */
class DriverUnderEngineTest {

  /** One engine for one contract. */
  static final class UnderTest implements EngineUnderTest {
    private @Nullable Rig rig;

    @Override
    public DmaChannel lease(DmaDevice device) {
      rig = new Rig();
      rig.add(device);
      return rig.client("kit").channel(0);
    }

    @Override
    public void close() {
      if (rig != null) {
        rig.close();
      }
    }
  }

  private static TckOptions options() {
    return TckOptions.defaults().expected(TckExpected.inFramework()).engine(UnderTest::new);
  }

  @Nested
  class PolledDevice extends DmaDeviceContract {
    @Override
    protected DmaDevice device() {
      return AsyncDevice.builder("polled").build();
    }

    @Override
    protected TckOptions options() {
      return DriverUnderEngineTest.options();
    }
  }

  @Nested
  class InterruptingDevice extends DmaDeviceContract {
    @Override
    protected DmaDevice device() {
      return AsyncDevice.builder("interrupting").interrupts().outOfOrder().build();
    }

    @Override
    protected TckOptions options() {
      return DriverUnderEngineTest.options();
    }
  }
}
