package io.asynctx.driver.isal;

import java.lang.annotation.Annotation;

/** A configuration as DS would hand it over. */
record TestConfig(String dma_device, String library, int channels, String kernels)
    implements IsalDriver.Config {

  /** The real library, for all it has. */
  static TestConfig named(String device) {
    return new TestConfig(device, Installed.LIBRARY, 2, "native");
  }

  TestConfig withLibrary(String other) {
    return new TestConfig(dma_device, other, channels, kernels);
  }

  TestConfig withChannels(int count) {
    return new TestConfig(dma_device, library, count, kernels);
  }

  TestConfig withKernels(String wanted) {
    return new TestConfig(dma_device, library, channels, wanted);
  }

  @Override
  public Class<? extends Annotation> annotationType() {
    return IsalDriver.Config.class;
  }
}
