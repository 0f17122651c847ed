package io.asynctx.raid;

class LongKernelsTest extends BulkKernelsContract {
  @Override
  BulkKernels kernels() {
    return LongKernels.INSTANCE;
  }
}
