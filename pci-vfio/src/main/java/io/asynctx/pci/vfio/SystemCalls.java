package io.asynctx.pci.vfio;

import java.lang.foreign.MemorySegment;

/**
 * The calls of the kernel that this bundle makes. Each answers as the kernel itself does: what was
 * asked for, or the negative number of the error, see {@link Errno}.
 *
 * <p>Threading: any thread.
 */
interface SystemCalls {

  /**
   * Opens a file for reading and writing.
   *
   * @param path of the file
   * @return its descriptor
   */
  int open(String path);

  /**
   * Closes a descriptor.
   *
   * @param fd descriptor
   * @return 0
   */
  int close(int fd);

  /**
   * A request that takes memory, a number or nothing.
   *
   * @param fd descriptor
   * @param request number of the request
   * @param argument address, number, or 0
   * @return depends on the request
   */
  int ioctl(int fd, int request, long argument);

  /**
   * Reads from a place.
   *
   * @param fd descriptor
   * @param to native; filled if all goes well
   * @param offset in the file
   * @return how many bytes were read
   */
  long pread(int fd, MemorySegment to, long offset);

  /**
   * Writes to a place.
   *
   * @param fd descriptor
   * @param from native
   * @param offset in the file
   * @return how many bytes were written
   */
  long pwrite(int fd, MemorySegment from, long offset);

  /**
   * Maps a file for reading and writing, shared.
   *
   * @param fd descriptor
   * @param size in bytes
   * @param offset in the file
   * @return its address
   */
  long mmap(int fd, long size, long offset);

  /**
   * Ends a mapping.
   *
   * @param address of the mapping
   * @param size in bytes
   * @return 0
   */
  int munmap(long address, long size);

  /**
   * Makes a counter that can be waited for; reading takes all of it and does not block.
   *
   * @return its descriptor
   */
  int eventfd();

  /**
   * Waits until a descriptor can be read.
   *
   * @param pollfds native, {@link Vfio#POLLFD_BYTES} for each, of which the last two say what is
   *     there
   * @param count how many
   * @param timeoutMillis at most
   * @return how many can be read; negative, with any number, if a signal came
   */
  int poll(MemorySegment pollfds, int count, int timeoutMillis);

  /**
   * Takes or adds to a counter.
   *
   * @param fd of {@link #eventfd}
   * @param eight native, 8 bytes; gets the count
   * @return 8, or negative, with any number, if the counter is 0
   */
  int take(int fd, MemorySegment eight);

  /**
   * Adds to a counter.
   *
   * @param fd of {@link #eventfd}
   * @param eight native, 8 bytes; what is added
   * @return 8
   */
  int add(int fd, MemorySegment eight);
}
