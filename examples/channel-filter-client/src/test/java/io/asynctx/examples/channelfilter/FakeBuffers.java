package io.asynctx.examples.channelfilter;

import io.asynctx.memory.DmaBuffer;
import io.asynctx.memory.DmaBuffers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Lends memory of the garbage collector's, and counts what is not given back. Owned by one thread.
 */
final class FakeBuffers implements DmaBuffers {

  int open;

  @Override
  public DmaBuffer allocate(long bytes) {
    return allocate(bytes, DEFAULT_ALIGNMENT);
  }

  @Override
  public DmaBuffer allocate(long bytes, long alignment) {
    final MemorySegment segment = Arena.ofAuto().allocate(bytes, alignment);
    open++;
    return new DmaBuffer() {
      @Override
      public MemorySegment segment() {
        return segment;
      }

      @Override
      public long byteSize() {
        return bytes;
      }

      @Override
      public void close() {
        open--;
      }

      @Override
      public void closeWhenIdle() {
        open--;
      }
    };
  }
}
