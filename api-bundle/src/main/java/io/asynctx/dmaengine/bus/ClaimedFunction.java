package io.asynctx.dmaengine.bus;

import io.asynctx.dmaengine.driver.InterruptSource;
import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A PCI function in the hands of its one user: configuration space, register windows, DMA mappings,
 * interrupts and reset.
 *
 * <p>Gone. When the function goes while it is claimed, every read gives all ones (each bit of the
 * width read), writes are dropped, {@link #mapDma} and {@link #enableInterrupts} throw {@link
 * FunctionGoneException}, {@link #unmapDma} and {@link #close} still tidy up, and each interrupt
 * source returns true once, so that whoever waits looks. All ones may also be a value; {@link
 * #gone} tells.
 *
 * <p>Closed. After {@link #close} every method but close and {@link #gone} throws {@link
 * IllegalStateException}.
 *
 * <p>Bus mastering is a bit of the command register, and the driver's to set: without it the
 * function reads and writes no memory and sends no interrupt.
 *
 * <p>Threading: registers, see {@link BarWindow}, by any number of threads; {@link #mapDma} and
 * {@link #unmapDma} by any number of threads; interrupt sources as {@link InterruptSource} says;
 * configuration space, enabling, disabling, reset and close by one thread at a time, which may
 * overlap the others.
 */
@ProviderType
public interface ClaimedFunction extends AutoCloseable {

  /** All of configuration space with extended capabilities, in bytes. */
  int EXTENDED_CONFIG_BYTES = 4096;

  /** Configuration space without extended capabilities, in bytes. */
  int PLAIN_CONFIG_BYTES = 256;

  /**
   * What is claimed.
   *
   * @return the function
   */
  PciFunction function();

  /**
   * As {@link PciFunction#gone()}. Cheap; may be asked after a register read as all ones.
   *
   * @return true from the moment on at which its absence is known
   */
  boolean gone();

  /**
   * How much of configuration space there is.
   *
   * @return {@value #EXTENDED_CONFIG_BYTES}, {@value #PLAIN_CONFIG_BYTES}, or, if the host shows
   *     only a part of it, less
   */
  int configSize();

  /**
   * Reads a byte of configuration space.
   *
   * @param offset in bytes
   * @return 0 to 0xff
   * @throws IndexOutOfBoundsException if it lies outside {@link #configSize()}
   */
  int readConfig8(int offset);

  /**
   * Reads two bytes of configuration space.
   *
   * @param offset in bytes, even
   * @return 0 to 0xffff
   * @throws IndexOutOfBoundsException if a part lies outside {@link #configSize()}
   * @throws IllegalArgumentException if the offset is odd
   */
  int readConfig16(int offset);

  /**
   * Reads four bytes of configuration space.
   *
   * @param offset in bytes, a multiple of 4
   * @return all 32 bits
   * @throws IndexOutOfBoundsException if a part lies outside {@link #configSize()}
   * @throws IllegalArgumentException if the offset is no multiple of 4
   */
  int readConfig32(int offset);

  /**
   * Writes a byte of configuration space. Bits that are read-only, or the host's to write, stay.
   *
   * @param offset in bytes
   * @param value its low 8 bits
   * @throws IndexOutOfBoundsException if it lies outside {@link #configSize()}
   */
  void writeConfig8(int offset, int value);

  /**
   * Writes two bytes of configuration space. Bits that are read-only, or the host's to write, stay.
   *
   * @param offset in bytes, even
   * @param value its low 16 bits
   * @throws IndexOutOfBoundsException if a part lies outside {@link #configSize()}
   * @throws IllegalArgumentException if the offset is odd
   */
  void writeConfig16(int offset, int value);

  /**
   * Writes four bytes of configuration space. Bits that are read-only, or the host's to write,
   * stay.
   *
   * @param offset in bytes, a multiple of 4
   * @param value all 32 bits
   * @throws IndexOutOfBoundsException if a part lies outside {@link #configSize()}
   * @throws IllegalArgumentException if the offset is no multiple of 4
   */
  void writeConfig32(int offset, int value);

  /**
   * The window of a base address register. Ask once and keep it; it is good until close.
   *
   * @param index 0 to 5; of a 64-bit register the lower one
   * @return the window, of {@link BarWindow#size()} 0 if there is none
   * @throws IndexOutOfBoundsException if the index is not 0 to 5
   */
  BarWindow bar(int index);

  /**
   * The unit in which memory becomes reachable.
   *
   * @return in bytes, a power of two
   */
  long dmaPageSize();

  /**
   * Makes native memory reachable for the function. May block while the host pins the memory. The
   * same memory may be mapped more than once; each mapping stands alone.
   *
   * @param memory native, at least one byte, of any alignment, alive until unmapped. The pages it
   *     lies in are mapped as a whole, so keep other people's secrets off them, and do not rely on
   *     more than its own bytes being reachable.
   * @param direction what the function may do with it; all else is a fault of the IOMMU, which the
   *     function meets as an error of its read or write
   * @return the address of the first byte as the function sees it; its offset in its page is that
   *     of the memory. Never 0: nothing is reachable at address 0.
   * @throws IllegalArgumentException if the memory is empty or not native
   * @throws DmaMappingException if there is no room, naming what is exhausted and the remedy
   * @throws FunctionGoneException if the function is gone
   */
  long mapDma(MemorySegment memory, DmaDirection direction);

  /**
   * Ends a {@link #mapDma}. When this returns the function cannot reach the memory by this mapping
   * any more; an access on its way has finished or failed.
   *
   * @param iova what mapDma returned
   * @throws IllegalArgumentException if that is no mapping's address
   */
  void unmapDma(long iova);

  /**
   * How many MSI-X vectors the function has.
   *
   * @return 0 if it has none
   */
  int interruptVectors();

  /**
   * Enables MSI-X with the vectors 0 to {@code count - 1}.
   *
   * @param count 1 to {@link #interruptVectors()}
   * @throws IllegalArgumentException if the count is out of range
   * @throws IllegalStateException if interrupts are enabled already, or the host has no more of
   *     them, with the reason
   * @throws FunctionGoneException if the function is gone
   */
  void enableInterrupts(int count);

  /**
   * Disables MSI-X. None is delivered any more, none is kept; who waits is told by a false when his
   * time is over. Does nothing if none is enabled.
   */
  void disableInterrupts();

  /**
   * An enabled vector. An interrupt that comes while nobody waits is kept; several kept ones are
   * one.
   *
   * @param vector from 0
   * @return its source, the same for each call between enabling and disabling
   * @throws IndexOutOfBoundsException if the vector is not enabled
   */
  InterruptSource interrupt(int vector);

  /**
   * Resets the function, and blocks while it does. Registers and configuration space have their
   * power-on values afterwards, except what the host keeps for itself (base addresses); bus
   * mastering is off; mappings stay; interrupts are disabled. No access of the function's to memory
   * is on its way when this returns true.
   *
   * @return false if the host cannot reset it, or if it is gone
   */
  boolean reset();

  /**
   * Gives the function back: bus mastering off, interrupts disabled, reset if the host can, every
   * mapping ended, in this order. The function touches no memory when this returns. Closing again
   * does nothing.
   */
  @Override
  void close();
}
