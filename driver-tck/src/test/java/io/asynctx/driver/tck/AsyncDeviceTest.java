package io.asynctx.driver.tck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.driver.tck.device.AsyncDevice;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AsyncDeviceTest {
  /** A watch as short as that is enough: what a wrong device does is tested elsewhere. */
  private static final TckOptions QUICK =
      TckOptions.defaults()
          .timeouts(Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofMillis(3));

  private static AsyncDevice.Builder named(String name) {
    return AsyncDevice.builder(name);
  }

  static Stream<AsyncDevice.Builder> configurations() {
    return Stream.of(
        named("plain"),
        named("interrupts").interrupts().channels(3),
        named("unordered").interrupts().outOfOrder().delay(Duration.ofNanos(20_000)),
        named("wide")
            .limits(
                AsyncDevice.defaultLimits()
                    .maxXor(32)
                    .maxPq(253, true, true)
                    .memory(false, true)
                    .queue(1024, 16)
                    .build()),
        named("aligned")
            .outOfOrder()
            .limits(
                AsyncDevice.defaultLimits()
                    .alignment(64, 4, 64, 512)
                    .maxPq(16, true, false)
                    .maxTransfer(4096)
                    .queue(2, 1)
                    .build()),
        named("copier").capabilities(DmaCaps.of(DmaCap.MEMCPY)).limits(copyOnly()).prefetch(1),
        named("bell").capabilities(DmaCaps.of(DmaCap.INTERRUPT)).limits(copyOnly()));
  }

  private static DeviceLimits copyOnly() {
    return AsyncDevice.defaultLimits().maxXor(0).maxPq(0, false, false).memory(false, true).build();
  }

  @ParameterizedTest
  @MethodSource("configurations")
  void keepsEveryContract(AsyncDevice.Builder builder) {
    try (AsyncDevice device = builder.build()) {
      final TckReport report = Tck.run(device, QUICK);
      assertTrue(report.passed(), report::complaint);
    }
  }

  @Test
  void theKitAlsoPassesADriverThatWorksInPoll() {
    try (AsyncDevice inner = AsyncDevice.builder("polled").limits(PollingDriver.limits()).build()) {
      final FaultyDevice device =
          new FaultyDevice(inner, ops -> new PollingDriver(ops, PollingDriver.BUDGET));
      final TckReport report = Tck.run(device, QUICK);
      assertTrue(report.passed(), report::complaint);
    }
  }
}
