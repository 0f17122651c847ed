package io.asynctx.raid;

class VectorMisuseTest extends MisuseContract {
  @Override
  BulkKernels kernels() {
    return Kernels.choose("vector");
  }
}
