package io.asynctx.raid;

class ScalarKernelsTest extends BulkKernelsContract {
  @Override
  BulkKernels kernels() {
    return Kernels.scalar();
  }
}
