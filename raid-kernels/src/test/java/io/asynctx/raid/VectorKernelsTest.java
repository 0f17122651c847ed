package io.asynctx.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class VectorKernelsTest extends BulkKernelsContract {
  @Override
  BulkKernels kernels() {
    return Kernels.choose("vector");
  }

  @Test
  void theseAreTheVectorKernels() {
    assertTrue(kernels().name().matches("vector-\\d+"), kernels().name());
    assertEquals(VectorShape.BYTES * 8, VectorKernels.bits());
  }
}
