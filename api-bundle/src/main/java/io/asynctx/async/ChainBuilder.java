package io.asynctx.async;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Builds a {@link Chain}. Each method adds a step; a step that reads or writes what an earlier step
 * writes, or writes what an earlier step reads, depends on it. Every operand is used whole; all
 * operands of a step have the same size. Nothing is checked before {@link #build}.
 *
 * <p>Threading: belongs to one thread at a time.
 */
@ProviderType
public interface ChainBuilder {

  /**
   * Copies.
   *
   * @param step name, unique in the chain
   * @param dest written
   * @param src read
   * @return this
   */
  ChainBuilder copy(String step, MemorySegment dest, MemorySegment src);

  /**
   * Fills.
   *
   * @param step name, unique in the chain
   * @param dest written
   * @param value the byte
   * @return this
   */
  ChainBuilder fill(String step, MemorySegment dest, byte value);

  /**
   * Exclusive-ors. If the destination is the first source it works in place.
   *
   * @param step name, unique in the chain
   * @param dest written
   * @param srcs two or more, read
   * @return this
   */
  ChainBuilder xor(String step, MemorySegment dest, MemorySegment... srcs);

  /**
   * Checks that the exclusive or is zero; the answer stands in the step's outcome.
   *
   * @param step name, unique in the chain
   * @param srcs two or more, read
   * @return this
   */
  ChainBuilder xorVal(String step, MemorySegment... srcs);

  /**
   * Generates P and Q.
   *
   * @param step name, unique in the chain
   * @param blocks data blocks, then P, then Q
   * @return this
   */
  ChainBuilder pq(String step, @Nullable MemorySegment... blocks);

  /**
   * Checks P and Q; the answer stands in the step's outcome.
   *
   * @param step name, unique in the chain
   * @param blocks data blocks, then P, then Q
   * @return this
   */
  ChainBuilder pqVal(String step, @Nullable MemorySegment... blocks);

  /**
   * Rebuilds two lost blocks: two data blocks, or a data block and P.
   *
   * @param step name, unique in the chain
   * @param failedA index of one lost block
   * @param failedB index of the other
   * @param blocks data blocks, then P, then Q
   * @return this
   */
  ChainBuilder recover(String step, int failedA, int failedB, @Nullable MemorySegment... blocks);

  /**
   * Lets the step added last wait for others too.
   *
   * @param steps names of steps of this chain, added before or after
   * @return this
   */
  ChainBuilder after(String... steps);

  /**
   * Lets every step added from now on wait for all added so far.
   *
   * @return this
   */
  ChainBuilder fence();

  /**
   * Sets the policy of every step that has none of its own.
   *
   * @param policy who may run them
   * @return this
   */
  ChainBuilder policy(Policy policy);

  /**
   * Sets the policy of the step added last.
   *
   * @param policy who may run it
   * @return this
   * @throws IllegalStateException if no step was added yet
   */
  ChainBuilder stepPolicy(Policy policy);

  /**
   * Checks everything and makes the chain.
   *
   * @return an immutable, reusable chain
   * @throws IllegalArgumentException naming chain, step and values: no step, a name used twice or
   *     unknown, a cycle (with its path), sizes that differ, counts, overlaps, a read-only
   *     destination
   * @throws IllegalStateException if a segment is closed
   */
  Chain build();
}
