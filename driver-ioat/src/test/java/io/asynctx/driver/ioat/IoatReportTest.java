package io.asynctx.driver.ioat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.asynctx.dmaengine.driver.DriverReport.Finding;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class IoatReportTest {
  @TempDir private Path folder;

  private static String resource(String path) throws IOException {
    try (InputStream in = IoatReport.class.getResourceAsStream(path)) {
      assertTrue(in != null, "not in the bundle: " + path);
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void assertHas(String text, String... parts) {
    for (String part : parts) {
      assertTrue(text.contains(part), "missing: " + part + " in: " + text);
    }
  }

  @Test
  void findingsAreLoggedOnceEachAndFoundAgainAfterAChange() {
    final Logger logger = (Logger) LoggerFactory.getLogger(IoatReport.class);
    final ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try {
      final FakeSysfs before = new FakeSysfs(folder.resolve("before")).withPci();
      final IoatReport report = new IoatReport(TestConfig.of(before));
      assertEquals("ioat", report.driver());
      assertHas(report.findings().getFirst().detail(), "no I/OAT function");
      assertEquals(1, log.list.size());
      final FakeSysfs after = new FakeSysfs(folder.resolve("after"));
      after.function("0000:80:04.1", 0x8086, 0x2021);
      report.modified(TestConfig.of(after));
      assertEquals("0000:80:04.1", report.findings().getFirst().device());
      assertEquals(2, log.list.size());
      assertHas(log.list.get(1).getFormattedMessage(), "0000:80:04.1", "Skylake", "pci-vfio");
      assertTrue(log.list.stream().allMatch(event -> event.getLevel() == Level.INFO));
    } finally {
      logger.detachAppender(log);
    }
  }

  @Test
  void whatBecameOfAFunctionStandsInForWhatSysfsShows() {
    final FakeSysfs machine = new FakeSysfs(folder);
    machine.function("0000:80:04.1", 0x8086, 0x2021);
    machine.function("0000:80:04.2", 0x8086, 0x2021);
    final IoatReport report = new IoatReport(TestConfig.of(machine));
    report.put("0000:80:04.1", new Finding("ioat-80-04.1", true, "works", ""));
    assertEquals(
        List.of("ioat-80-04.1", "0000:80:04.2"),
        report.findings().stream().map(Finding::device).toList());
    report.remove("0000:80:04.1");
    assertEquals(
        List.of("0000:80:04.1", "0000:80:04.2"),
        report.findings().stream().map(Finding::device).toList());
  }

  @Test
  void aFunctionThatSysfsDoesNotShowEndsTheWordThatThereIsNone() {
    final IoatReport report = new IoatReport(TestConfig.of(new FakeSysfs(folder).withPci()));
    assertEquals(IoatDiscovery.NONE, report.findings().getFirst().device());
    report.put("0000:00:10.0", new Finding("ioat-00-10.0", true, "emulated", ""));
    assertEquals(List.of("ioat-00-10.0"), report.findings().stream().map(Finding::device).toList());
  }

  @Test
  void thisMachineCanBeLookedAt() {
    final IoatReport report = new IoatReport(TestConfig.DEFAULT);
    assertFalse(report.findings().isEmpty());
  }

  @Test
  void componentIsImmediateWithAnOptionalConfigurationAndNoDevice() throws IOException {
    final String descriptor = resource("/OSGI-INF/io.asynctx.driver.ioat.IoatReport.xml");
    assertHas(
        descriptor,
        "immediate=\"true\"",
        "configuration-pid=\"io.asynctx.driver.ioat\"",
        "modified=\"modified\"",
        "name=\"sysfs.root\" type=\"String\" value=\"/sys\"",
        "name=\"dev.root\" type=\"String\" value=\"/dev\"",
        "interface=\"io.asynctx.dmaengine.driver.DriverReport\"");
    assertFalse(descriptor.contains("configuration-policy"), descriptor);
    assertFalse(descriptor.contains("DmaDevice"), descriptor);
    assertHas(
        resource("/OSGI-INF/metatype/io.asynctx.driver.ioat.IoatConfig.xml"),
        " pid=\"io.asynctx.driver.ioat\"",
        "id=\"sysfs.root\"",
        "id=\"dev.root\"");
  }
}
