package io.asynctx.raid;

class ScalarMisuseTest extends MisuseContract {
  @Override
  BulkKernels kernels() {
    return Kernels.scalar();
  }
}
