package io.asynctx.raid;

import static java.nio.channels.FileChannel.MapMode.READ_WRITE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class VectorKernelsTest extends BulkKernelsContract {
  @Override
  BulkKernels kernels() {
    return Kernels.choose("vector");
  }

  @Override
  Region.Memory memory() {
    return Region.Memory.NATIVE;
  }

  @Test
  void theseAreTheVectorKernels() {
    assertTrue(kernels().name().matches("vector-\\d+"), kernels().name());
    assertEquals(VectorShape.BYTES * 8, VectorKernels.bits());
  }

  @Test
  void mappedMemoryIsTakenToo() throws IOException {
    final Path file = Files.createTempFile("mapped", ".bin");
    try (FileChannel channel = FileChannel.open(file, READ, WRITE)) {
      final MemorySegment mapped = channel.map(READ_WRITE, 0, 300, arena);
      final MemorySegment plain = arena.allocate(300);
      kernels().fill(mapped, 1, 299, (byte) 0x11);
      kernels().fill(plain, 0, 300, (byte) 0x22);
      kernels().xor(plain, new MemorySegment[] {mapped, plain}, 2, 1, 299);
      kernels().fill(mapped, 1, 299, (byte) 0x33);
      assertTrue(kernels().equal(plain, mapped, 1, 299));
      assertEquals(0x22, plain.get(ValueLayout.JAVA_BYTE, 0));
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void aKernelRefusesMemoryThatTheDispatchMustNotPass() {
    final MemorySegment heap = MemorySegment.ofArray(new byte[64]);
    final MemorySegment plain = arena.allocate(64);
    assertThrows(IllegalStateException.class, () -> VectorZero.equal(plain, heap, 0, 64));
    assertThrows(IllegalStateException.class, () -> VectorXor.fill(heap, (byte) 1, 0, 64));
  }
}
