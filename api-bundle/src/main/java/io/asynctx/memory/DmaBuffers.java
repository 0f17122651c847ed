package io.asynctx.memory;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Lends memory that engines may be given: aligned, touched before use, pooled, and never closed
 * under an operation. A bundle-scoped service: what a bundle has not closed when it stops is closed
 * for it as soon as it is idle, and reported.
 *
 * <p>Threading: any thread.
 */
@ProviderType
public interface DmaBuffers {

  /** Alignment of every buffer unless more is asked for: a page, in bytes. */
  long DEFAULT_ALIGNMENT = 4096;

  /**
   * Lends a buffer aligned to {@link #DEFAULT_ALIGNMENT}.
   *
   * @param bytes size, at least 1
   * @return a zeroed buffer
   * @throws IllegalArgumentException if {@code bytes} is less than 1
   * @throws OutOfMemoryError if the machine has no more
   */
  DmaBuffer allocate(long bytes);

  /**
   * Lends a buffer.
   *
   * @param bytes size, at least 1
   * @param alignment in bytes, a power of two, at most 2 MiB
   * @return a zeroed buffer whose address is a multiple of {@code alignment}
   * @throws IllegalArgumentException if {@code bytes} or {@code alignment} breaks the rules above
   * @throws OutOfMemoryError if the machine has no more
   */
  DmaBuffer allocate(long bytes, long alignment);
}
