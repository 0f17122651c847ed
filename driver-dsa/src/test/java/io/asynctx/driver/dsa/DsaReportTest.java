package io.asynctx.driver.dsa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Annotation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class DsaReportTest {
  @TempDir private Path folder;

  record TestConfig(String sysfs_root, String dev_root) implements DsaReport.Config {
    TestConfig(FakeSysfs machine) {
      this(machine.sysfs.toString(), machine.dev.toString());
    }

    @Override
    public Class<? extends Annotation> annotationType() {
      return DsaReport.Config.class;
    }
  }

  private static String resource(String path) throws IOException {
    try (InputStream in = DsaReport.class.getResourceAsStream(path)) {
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
    final Logger logger = (Logger) LoggerFactory.getLogger(DsaReport.class);
    final ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try {
      final FakeSysfs before = new FakeSysfs(folder.resolve("before")).withPci();
      final DsaReport report = new DsaReport(new TestConfig(before));
      assertEquals("dsa", report.driver());
      assertHas(report.findings().getFirst().detail(), "no DSA device");
      assertEquals(1, log.list.size());
      final FakeSysfs after = new FakeSysfs(folder.resolve("after"));
      after.function("0000:80:04.1", 0x8086, 0x1212);
      report.modified(new TestConfig(after));
      assertEquals("0000:80:04.1", report.findings().getFirst().device());
      assertEquals(2, log.list.size());
      assertHas(log.list.get(1).getFormattedMessage(), "0000:80:04.1", "Diamond", "no channels");
      assertTrue(log.list.stream().allMatch(event -> event.getLevel() == Level.INFO));
    } finally {
      logger.detachAppender(log);
    }
  }

  @Test
  void thisMachineCanBeLookedAt() {
    final DsaReport report = new DsaReport(new TestConfig("/sys", "/dev"));
    assertFalse(report.findings().isEmpty());
  }

  @Test
  void componentIsImmediateWithAnOptionalConfigurationAndNoDevice() throws IOException {
    final String descriptor = resource("/OSGI-INF/io.asynctx.driver.dsa.DsaReport.xml");
    assertHas(
        descriptor,
        "immediate=\"true\"",
        "configuration-pid=\"io.asynctx.driver.dsa\"",
        "modified=\"modified\"",
        "name=\"sysfs.root\" type=\"String\" value=\"/sys\"",
        "name=\"dev.root\" type=\"String\" value=\"/dev\"",
        "interface=\"io.asynctx.dmaengine.driver.DriverReport\"");
    assertFalse(descriptor.contains("configuration-policy"), descriptor);
    assertFalse(descriptor.contains("DmaDevice"), descriptor);
    assertHas(
        resource("/OSGI-INF/metatype/io.asynctx.driver.dsa.DsaReport$Config.xml"),
        " pid=\"io.asynctx.driver.dsa\"",
        "id=\"sysfs.root\"",
        "id=\"dev.root\"");
  }
}
