package io.asynctx.memory;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Aligned, off-heap memory that cannot be closed while an operation names it. Slices of {@link
 * #segment()} are as good as the whole.
 *
 * <p>Threading: any thread.
 */
@ProviderType
public interface DmaBuffer extends AutoCloseable {

  /**
   * The memory, zeroed when it was allocated.
   *
   * @return a native segment of {@link #byteSize()} bytes; its scope is the engine's, so it is
   *     alive until the engine stops, but after {@link #close()} the bytes belong to somebody else
   */
  MemorySegment segment();

  /**
   * Size as asked for.
   *
   * @return in bytes
   */
  long byteSize();

  /**
   * Gives the memory back. Idempotent.
   *
   * @throws BufferInUseException if an operation that has not ended names any byte of it; the
   *     buffer stays open and usable, the message names the operations and their clients
   */
  @Override
  void close();

  /**
   * Gives the memory back as soon as no operation names it; from now on new operations on it are
   * refused. Never throws.
   */
  void closeWhenIdle();
}
