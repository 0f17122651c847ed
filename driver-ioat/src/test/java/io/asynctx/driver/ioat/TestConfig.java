package io.asynctx.driver.ioat;

import java.lang.annotation.Annotation;

/** A configuration as DS would hand it over. */
record TestConfig(
    int depth,
    int batch,
    String interrupts,
    int interrupt_delay,
    String sysfs_root,
    String dev_root)
    implements IoatConfig {

  static final TestConfig DEFAULT = new TestConfig(256, 16, "auto", 0, "/sys", "/dev");

  static TestConfig of(FakeSysfs machine) {
    return new TestConfig(256, 16, "auto", 0, machine.sysfs.toString(), machine.dev.toString());
  }

  @Override
  public Class<? extends Annotation> annotationType() {
    return IoatConfig.class;
  }
}
