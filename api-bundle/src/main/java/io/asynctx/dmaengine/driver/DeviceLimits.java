package io.asynctx.dmaengine.driver;

/**
 * What a device takes in one transfer. The engine splits what is larger, once, for all drivers;
 * what it cannot split goes elsewhere. Alignments are byte counts, powers of two, and apply to
 * address and length of every operand; 1 means none. Immutable; made with a {@link #builder()}.
 *
 * @param maxXor most sources of one XOR or XOR_VAL, at least 2; 0 if the device has neither
 * @param maxPq most data blocks of one PQ, PQ_VAL or RAID6_RECOV; 0 if none; a stripe has 253 at
 *     most; a device that cannot continue needs more than 3 for the engine to split
 * @param pqContinuation whether a PQ can go on from what an earlier one left in P and Q, at no cost
 * @param pqAccumulate whether a PQ can exclusive-or into what P and Q hold
 * @param copyAlignment for MEMCPY
 * @param fillAlignment for MEMSET
 * @param xorAlignment for XOR and XOR_VAL
 * @param pqAlignment for PQ, PQ_VAL and RAID6_RECOV
 * @param maxTransfer most bytes of one transfer, a multiple of every alignment, or {@link
 *     Long#MAX_VALUE}
 * @param overlappingCopy whether a MEMCPY may overlap itself
 * @param pinnedMemoryOnly whether operands must be native memory that cannot be closed
 * @param mappedMemoryOnly whether operands must be memory of DmaBuffers, which the engine has given
 *     to {@link ChannelOps#map} before
 * @param worksInPoll whether the work is done by the CPU inside poll; such a channel gets a worker
 *     of its own
 * @param pollBudgetBytes about how many bytes, of all operands together, one poll works on
 * @param depth most transfers with the device at a time, a power of two, 2 to 32768
 * @param batchThreshold how many submitted operations the engine lets come together before it
 *     issues them without being asked; at least 1
 */
public record DeviceLimits(
    int maxXor,
    int maxPq,
    boolean pqContinuation,
    boolean pqAccumulate,
    int copyAlignment,
    int fillAlignment,
    int xorAlignment,
    int pqAlignment,
    long maxTransfer,
    boolean overlappingCopy,
    boolean pinnedMemoryOnly,
    boolean mappedMemoryOnly,
    boolean worksInPoll,
    long pollBudgetBytes,
    int depth,
    int batchThreshold) {

  /** Checks everything above. */
  public DeviceLimits {
    zeroOrRange("maxXor", maxXor, 2, 255);
    range("maxPq", maxPq, 0, 255);
    alignment("copyAlignment", copyAlignment);
    alignment("fillAlignment", fillAlignment);
    alignment("xorAlignment", xorAlignment);
    alignment("pqAlignment", pqAlignment);
    range("depth", depth, 2, 32768);
    powerOfTwo("depth", depth);
    range("batchThreshold", batchThreshold, 1, 32768);
    if (maxTransfer < 1 || pollBudgetBytes < 1) {
      throw new IllegalArgumentException(
          "limits must be at least one byte: maxTransfer="
              + maxTransfer
              + ", pollBudgetBytes="
              + pollBudgetBytes);
    }
    final int widest =
        Math.max(Math.max(copyAlignment, fillAlignment), Math.max(xorAlignment, pqAlignment));
    if (maxTransfer != Long.MAX_VALUE && maxTransfer % widest != 0) {
      throw new IllegalArgumentException(
          "largest transfer is not a multiple of every alignment: maxTransfer="
              + maxTransfer
              + ", alignment="
              + widest);
    }
  }

  /**
   * Limits of a device that reaches any memory of the process; for drivers from before {@code
   * mappedMemoryOnly}.
   *
   * @param maxXor see the record, as for all
   * @param maxPq see the record
   * @param pqContinuation see the record
   * @param pqAccumulate see the record
   * @param copyAlignment see the record
   * @param fillAlignment see the record
   * @param xorAlignment see the record
   * @param pqAlignment see the record
   * @param maxTransfer see the record
   * @param overlappingCopy see the record
   * @param pinnedMemoryOnly see the record
   * @param worksInPoll see the record
   * @param pollBudgetBytes see the record
   * @param depth see the record
   * @param batchThreshold see the record
   */
  public DeviceLimits(
      int maxXor,
      int maxPq,
      boolean pqContinuation,
      boolean pqAccumulate,
      int copyAlignment,
      int fillAlignment,
      int xorAlignment,
      int pqAlignment,
      long maxTransfer,
      boolean overlappingCopy,
      boolean pinnedMemoryOnly,
      boolean worksInPoll,
      long pollBudgetBytes,
      int depth,
      int batchThreshold) {
    this(
        maxXor,
        maxPq,
        pqContinuation,
        pqAccumulate,
        copyAlignment,
        fillAlignment,
        xorAlignment,
        pqAlignment,
        maxTransfer,
        overlappingCopy,
        pinnedMemoryOnly,
        false,
        worksInPoll,
        pollBudgetBytes,
        depth,
        batchThreshold);
  }

  private static void zeroOrRange(String what, int value, int min, int max) {
    if (value != 0) {
      range(what, value, min, max);
    }
  }

  private static void range(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "limit out of range: " + what + "=" + value + ", min=" + min + ", max=" + max);
    }
  }

  private static void alignment(String what, int value) {
    range(what, value, 1, 4096);
    powerOfTwo(what, value);
  }

  private static void powerOfTwo(String what, int value) {
    if (Integer.bitCount(value) != 1) {
      throw new IllegalArgumentException("limit is not a power of two: " + what + "=" + value);
    }
  }

  /**
   * A builder that starts from nothing special: no XOR, no PQ, no alignment, transfers of any size,
   * native memory that cannot be closed, a queue of 64, issued 16 at a time.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /** Makes limits step by step. Owned by one thread. */
  public static final class Builder {
    private int maxXor;
    private int maxPq;
    private boolean pqContinuation;
    private boolean pqAccumulate;
    private int copyAlignment = 1;
    private int fillAlignment = 1;
    private int xorAlignment = 1;
    private int pqAlignment = 1;
    private long maxTransfer = Long.MAX_VALUE;
    private boolean overlappingCopy;
    private boolean pinnedMemoryOnly = true;
    private boolean mappedMemoryOnly;
    private boolean worksInPoll;
    private long pollBudgetBytes = 1 << 20;
    private int depth = 64;
    private int batchThreshold = 16;

    private Builder() {}

    /**
     * Sets how many sources an XOR takes.
     *
     * @param maxXor see the record
     * @return this
     */
    public Builder maxXor(int maxXor) {
      this.maxXor = maxXor;
      return this;
    }

    /**
     * Sets what a PQ takes.
     *
     * @param maxPq see the record
     * @param continuation see the record
     * @param accumulate see the record
     * @return this
     */
    public Builder maxPq(int maxPq, boolean continuation, boolean accumulate) {
      this.maxPq = maxPq;
      this.pqContinuation = continuation;
      this.pqAccumulate = accumulate;
      return this;
    }

    /**
     * Sets the alignment of each kind of operation.
     *
     * @param copy see the record
     * @param fill see the record
     * @param xor see the record
     * @param pq see the record
     * @return this
     */
    public Builder alignment(int copy, int fill, int xor, int pq) {
      this.copyAlignment = copy;
      this.fillAlignment = fill;
      this.xorAlignment = xor;
      this.pqAlignment = pq;
      return this;
    }

    /**
     * Sets the largest transfer.
     *
     * @param bytes see the record
     * @return this
     */
    public Builder maxTransfer(long bytes) {
      this.maxTransfer = bytes;
      return this;
    }

    /**
     * Sets what memory operands may be.
     *
     * @param pinnedOnly see the record
     * @param overlapping see the record
     * @return this
     */
    public Builder memory(boolean pinnedOnly, boolean overlapping) {
      this.pinnedMemoryOnly = pinnedOnly;
      this.overlappingCopy = overlapping;
      return this;
    }

    /**
     * Sets whether operands must be memory that was mapped.
     *
     * @param mappedMemoryOnly see the record
     * @return this
     */
    public Builder mappedMemoryOnly(boolean mappedMemoryOnly) {
      this.mappedMemoryOnly = mappedMemoryOnly;
      return this;
    }

    /**
     * Says that the device works in poll.
     *
     * @param budgetBytes see the record
     * @return this
     */
    public Builder worksInPoll(long budgetBytes) {
      this.worksInPoll = true;
      this.pollBudgetBytes = budgetBytes;
      return this;
    }

    /**
     * Sets the size of the device's queue.
     *
     * @param depth see the record
     * @param batchThreshold see the record
     * @return this
     */
    public Builder queue(int depth, int batchThreshold) {
      this.depth = depth;
      this.batchThreshold = batchThreshold;
      return this;
    }

    /**
     * The limits.
     *
     * @return a new record
     * @throws IllegalArgumentException if a value is out of its range, naming it
     */
    public DeviceLimits build() {
      return new DeviceLimits(
          maxXor,
          maxPq,
          pqContinuation,
          pqAccumulate,
          copyAlignment,
          fillAlignment,
          xorAlignment,
          pqAlignment,
          maxTransfer,
          overlappingCopy,
          pinnedMemoryOnly,
          mappedMemoryOnly,
          worksInPoll,
          pollBudgetBytes,
          depth,
          batchThreshold);
    }
  }
}
