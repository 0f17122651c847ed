package io.asynctx.driver.soft;

import java.lang.annotation.Annotation;

/** A configuration as DS would hand it over. */
record TestConfig(
    String dma_device,
    int channels,
    int depth,
    int batchThreshold,
    long pollBudgetBytes,
    String kernels)
    implements SoftDriver.Config {

  /** What a configuration with a name and nothing else gives, but for the fast start. */
  static TestConfig named(String device) {
    return new TestConfig(device, 2, 256, 16, 1 << 20, "scalar");
  }

  TestConfig withChannels(int count) {
    return new TestConfig(dma_device, count, depth, batchThreshold, pollBudgetBytes, kernels);
  }

  TestConfig withQueue(int newDepth, int newThreshold) {
    return new TestConfig(dma_device, channels, newDepth, newThreshold, pollBudgetBytes, kernels);
  }

  TestConfig withBudget(long bytes) {
    return new TestConfig(dma_device, channels, depth, batchThreshold, bytes, kernels);
  }

  TestConfig withKernels(String wanted) {
    return new TestConfig(dma_device, channels, depth, batchThreshold, pollBudgetBytes, wanted);
  }

  @Override
  public Class<? extends Annotation> annotationType() {
    return SoftDriver.Config.class;
  }
}
