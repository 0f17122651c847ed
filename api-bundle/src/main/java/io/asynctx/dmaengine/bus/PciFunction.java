package io.asynctx.dmaengine.bus;

import io.asynctx.dmaengine.driver.InterruptSource;
import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ProviderType;

/**
 * One PCI function, handed to whichever driver matches its identity, as on a bus. Service
 * properties {@code pci.address}, {@code pci.vendor} and {@code pci.device} (Integer) are what
 * drivers select by, and {@link io.asynctx.dmaengine.DmaConstants#EMULATED} says whether it is a
 * model.
 *
 * <p>Threading: configuration space, mapping and reset by one thread at a time; register access by
 * any thread, each access a single bus access of the width named, in program order with other
 * accesses of the same thread.
 */
@ProviderType
public interface PciFunction {

  /**
   * Its address.
   *
   * @return e.g. {@code 0000:00:04.0}
   */
  String address();

  /**
   * Vendor id.
   *
   * @return 16 bits, e.g. 0x8086
   */
  int vendor();

  /**
   * Device id.
   *
   * @return 16 bits
   */
  int device();

  /**
   * Revision id.
   *
   * @return 8 bits
   */
  int revision();

  /**
   * NUMA node.
   *
   * @return -1 if unknown
   */
  int numaNode();

  /**
   * Reads configuration space.
   *
   * @param offset in bytes, a multiple of {@code width}
   * @param width 1, 2 or 4
   * @return the value, zero-extended
   * @throws IllegalArgumentException if offset or width breaks the rules
   */
  int readConfig(int offset, int width);

  /**
   * Writes configuration space.
   *
   * @param offset in bytes, a multiple of {@code width}
   * @param width 1, 2 or 4
   * @param value its low {@code width} bytes are written
   * @throws IllegalArgumentException if offset or width breaks the rules
   */
  void writeConfig(int offset, int width, int value);

  /**
   * Size of a base address register's window.
   *
   * @param bar 0 to 5
   * @return in bytes; 0 if there is none
   */
  long barSize(int bar);

  /**
   * Reads a register.
   *
   * @param bar 0 to 5
   * @param offset in bytes, a multiple of {@code width}
   * @param width 1, 2, 4 or 8
   * @return the value, zero-extended
   * @throws IllegalArgumentException if the access leaves the window or breaks the rules
   */
  long read(int bar, long offset, int width);

  /**
   * Writes a register.
   *
   * @param bar 0 to 5
   * @param offset in bytes, a multiple of {@code width}
   * @param width 1, 2, 4 or 8
   * @param value its low {@code width} bytes are written
   * @throws IllegalArgumentException if the access leaves the window or breaks the rules
   */
  void write(int bar, long offset, int width, long value);

  /**
   * Writes 64 bytes to a portal in one bus access.
   *
   * @param bar 0 to 5
   * @param offset in bytes, a multiple of 64
   * @param bytes 64 bytes
   * @throws UnsupportedOperationException if this bus cannot
   */
  void write64(int bar, long offset, MemorySegment bytes);

  /**
   * Makes native memory reachable for the function.
   *
   * @param memory native, page-aligned, a whole number of pages, alive until unmapped
   * @return its address as the function sees it
   * @throws IllegalArgumentException if the memory breaks the rules
   */
  long mapDma(MemorySegment memory);

  /**
   * Ends a {@link #mapDma}: from the return on the function cannot reach it.
   *
   * @param memory the same memory
   */
  void unmapDma(MemorySegment memory);

  /**
   * An interrupt of the function.
   *
   * @param vector MSI-X vector, from 0
   * @return its source
   * @throws IllegalArgumentException if there is no such vector
   */
  InterruptSource interrupt(int vector);

  /**
   * How many interrupt vectors there are.
   *
   * @return 0 if it has none
   */
  int interruptVectors();

  /**
   * Resets the function. Registers have their power-on values afterwards; mappings stay.
   *
   * @return false if it cannot be reset
   */
  boolean reset();
}
