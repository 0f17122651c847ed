package io.asynctx.driver.soft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.raid.Kernels;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class SoftDeviceTest {

  private static String refusal(SoftDriver.Config config) {
    return assertThrows(IllegalArgumentException.class, () -> new SoftDevice(config, () -> null))
        .getMessage();
  }

  private static void assertNames(String text, String... parts) {
    for (String part : parts) {
      assertTrue(text.contains(part), "missing: " + part + " in: " + text);
    }
  }

  @Test
  void deviceIsSoftwareAndDoesEverythingOnAnyMemory() {
    final SoftDevice device = new SoftDevice(TestConfig.named("soft0"), () -> null);
    assertEquals("soft0", device.name());
    assertEquals(ProviderKind.SOFTWARE, device.kind());
    assertEquals(2, device.channels());
    assertEquals(-1, device.numaNode());
    assertEquals(DmaCaps.all(), device.capabilities(1));
    final DeviceLimits limits = device.limits(1);
    assertEquals(255, limits.maxXor());
    assertEquals(253, limits.maxPq(), "255 disks less P and Q");
    assertTrue(limits.pqAccumulate());
    assertTrue(limits.pqContinuation());
    assertTrue(limits.overlappingCopy());
    assertFalse(limits.pinnedMemoryOnly());
    assertTrue(limits.worksInPoll());
    assertEquals(256, limits.depth());
    assertEquals(16, limits.batchThreshold());
    assertEquals(1 << 20, limits.pollBudgetBytes());
    assertEquals(1, limits.copyAlignment());
  }

  @Test
  void zeroChannelsMeansOnePerCore() {
    final SoftDevice device = new SoftDevice(TestConfig.named("soft0").withChannels(0), () -> null);
    assertEquals(Runtime.getRuntime().availableProcessors(), device.channels());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "soft 0", "soft/0", "soft0=", "söft"})
  void nameThatCannotStandInFiltersIsRefusedWithItsValue(String name) {
    assertNames(refusal(TestConfig.named(name)), "dma.device=" + name, "io.asynctx.driver.soft~");
  }

  @Test
  void missingNameIsRefused() {
    assertNames(refusal(TestConfig.named(null)), "dma.device=null", "io.asynctx.driver.soft~");
  }

  @Test
  void wrongValuesAreRefusedByName() {
    final TestConfig good = TestConfig.named("soft7");
    assertNames(refusal(good.withChannels(-1)), "dma.device=soft7", "channels=-1", "max=1024");
    assertNames(refusal(good.withChannels(1025)), "channels=1025");
    assertNames(refusal(good.withQueue(100, 16)), "dma.device=soft7", "depth=100");
    assertNames(refusal(good.withQueue(0, 16)), "depth=0");
    assertNames(refusal(good.withQueue(256, 0)), "batchThreshold=0");
    assertNames(refusal(good.withBudget(0)), "dma.device=soft7", "pollBudgetBytes=0");
    assertNames(refusal(good.withKernels("fast")), "dma.device=soft7", "fast", "scalar");
    assertNames(refusal(good.withKernels(null)), "dma.device=soft7", "null");
  }

  @Test
  void eachReportOfTheKernelsIsToldOnce() {
    final ListAppender<ILoggingEvent> log = new ListAppender<>();
    final Logger logger = appended(log);
    try {
      WarmKernels.tell(List.of("pq: one", "xor: two"));
      WarmKernels.tell(List.of("pq: one", "xor: two"));
      WarmKernels.tell(List.of("pq: three"));
    } finally {
      logger.detachAppender(log);
    }
    assertEquals(
        List.of("kernels chosen: pq: one", "kernels chosen: xor: two", "kernels chosen: pq: three"),
        log.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
  }

  private static Logger appended(ListAppender<ILoggingEvent> log) {
    final Logger logger = (Logger) LoggerFactory.getLogger("io.asynctx.driver.soft");
    log.start();
    logger.addAppender(log);
    return logger;
  }

  @Test
  void choiceOfKernelsIsLoggedWithItsReasonAndWarmedOnce() {
    final ListAppender<ILoggingEvent> log = new ListAppender<>();
    final Logger logger = appended(log);
    try {
      new SoftDevice(TestConfig.named("soft0").withKernels("auto"), () -> null);
      log.list.clear();
      new SoftDevice(TestConfig.named("soft1").withKernels("auto"), () -> null);
      new SoftDevice(TestConfig.named("soft2").withKernels("scalar"), () -> null);
    } finally {
      logger.detachAppender(log);
    }
    final List<String> lines = log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    final String best = Kernels.best().name();
    assertTrue(
        lines.stream().noneMatch(l -> l.contains("warmed: kernels=" + best)), lines::toString);
    assertTrue(
        lines.stream().anyMatch(l -> l.contains("device=soft1") && l.contains(Kernels.reason())),
        lines::toString);
    assertTrue(
        lines.stream().anyMatch(l -> l.contains("device=soft2") && l.contains("kernels=scalar")),
        lines::toString);
    assertTrue(log.list.stream().allMatch(e -> e.getLevel() == Level.INFO));
  }
}
