package io.asynctx.driver.tck.device;

import io.asynctx.dmaengine.ChannelBusyException;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A really asynchronous device for tests. Each open channel has a thread that plays the hardware:
 * it fetches descriptors from a queue, executes them, in order or not, fills a completion ring and
 * interrupts, all by its own time. The driver side starts nothing and only writes, rings and reads.
 *
 * <p>Operations are held in flight by {@link #hold()}, let through by {@link #step(int)} and {@link
 * #release()}. A terminate stops a held device, quietly; a {@link #wedge() wedged} one cannot be
 * stopped. What the thread has fetched and not finished, a terminate leaves out: as with hardware,
 * nobody can tell how much of it was done. After {@link #cutAt(long)} it can be told.
 *
 * <p>Threading: any thread for the controls; the driver side as the driver contract says.
 */
public final class AsyncDevice implements DmaDevice, AutoCloseable {
  /** Calls of the driver that can be made never to return. */
  public enum Call {
    /** {@link ChannelOps#push}. */
    PUSH,
    /** {@link ChannelOps#poll}. */
    POLL,
    /** {@link ChannelOps#terminateAll}. */
    TERMINATE_ALL
  }

  private static final Duration STOP_LIMIT = Duration.ofSeconds(2);
  private static final long NOT_CUT = -1;

  private final String name;
  private final DmaCaps capabilities;
  private final DeviceLimits limits;
  private final boolean interrupting;
  private final boolean outOfOrder;
  private final int prefetch;
  private final long delayNanos;
  private final Gate gate = new Gate();
  private final Calls calls = new Calls();
  private final AtomicLong transfers = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong openings = new AtomicLong();
  private final AtomicReference<@Nullable TransferResult> failure = new AtomicReference<>();
  private final AtomicReferenceArray<@Nullable AsyncChannel> open;
  private volatile long cut = NOT_CUT;
  private volatile boolean closed;

  private AsyncDevice(Builder builder) {
    name = builder.name;
    capabilities = builder.capabilities;
    limits = builder.limits;
    interrupting = builder.interrupting;
    outOfOrder = builder.outOfOrder;
    prefetch = builder.prefetch;
    delayNanos = builder.delayNanos;
    open = new AtomicReferenceArray<>(builder.channels);
  }

  /**
   * A builder that starts from: one channel, every capability, maxXor 4, maxPq 4 without
   * continuation or accumulation, 64 KiB a transfer, no alignment, native memory that cannot be
   * closed, a queue of 64 issued 16 at a time, no interrupts, in order, four descriptors fetched
   * ahead, no delay.
   *
   * @param name name of the device
   * @return a new builder
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /**
   * The limits a builder starts from, to change one of them.
   *
   * @return a new builder of limits
   */
  public static DeviceLimits.Builder defaultLimits() {
    return DeviceLimits.builder()
        .maxXor(4)
        .maxPq(4, false, false)
        .maxTransfer(64 << 10)
        .queue(64, 16);
  }

  /** Device threads stop before the first byte of their next transfer, or where they stopped. */
  public void hold() {
    gate.set(true, false);
  }

  /**
   * As {@link #hold()}, but a terminate cannot stop them: it answers that the device is not quiet.
   */
  public void wedge() {
    gate.set(true, true);
  }

  /**
   * Ends a {@link #hold()} or {@link #wedge()}. What a wedged thread held is executed now, late.
   */
  public void release() {
    gate.set(false, false);
  }

  /**
   * Lets some transfers through a held device.
   *
   * @param count how many, of all channels together
   */
  public void step(int count) {
    gate.step(count);
  }

  /**
   * From now on device threads come to the gate in the middle of a transfer: so many bytes of it
   * are done then. A terminate that stops one there reports the transfer as stopped, and so does a
   * poll if it {@link #failNext fails} there. Transfers not longer than that, checks, and copies
   * onto themselves are not cut, but held and left out as ever.
   *
   * @param bytes at least 1; -1 to end this
   */
  public void cutAt(long bytes) {
    cut = bytes < 1 ? NOT_CUT : bytes;
  }

  /**
   * From now on such calls do not return, on any channel, interrupted or not, until {@link
   * #letGo()}.
   *
   * @param call which
   */
  public void hang(Call call) {
    calls.hang(call);
  }

  /** Ends every {@link #hang}. Calls that stood go on as if they had just come. */
  public void letGo() {
    calls.letGo();
  }

  /**
   * Waits until a call stands.
   *
   * @param call which
   * @param timeout how long at most
   * @return true iff one does
   * @throws InterruptedException if interrupted
   */
  public boolean awaitHanging(Call call, Duration timeout) throws InterruptedException {
    return calls.await(call, timeout.toNanos());
  }

  /**
   * Waits until device threads stand at the gate, each with a transfer fetched and not a byte of it
   * written, or as many as {@link #cutAt} said.
   *
   * @param threads how many, one for each channel that has work
   * @param timeout how long at most
   * @return true iff they do
   * @throws InterruptedException if interrupted
   */
  public boolean awaitHeld(int threads, Duration timeout) throws InterruptedException {
    return gate.awaitHeld(threads, timeout.toNanos());
  }

  /**
   * Makes the next transfer fail without touching memory, or no more than {@link #cutAt} said.
   *
   * @param result how; not {@link TransferResult#NO_ERROR}
   */
  public void failNext(TransferResult result) {
    failure.set(result);
  }

  /**
   * How many transfers the device threads have finished, failed ones too.
   *
   * @return since the device was made
   */
  public long transfers() {
    return transfers.get();
  }

  /**
   * How many bytes those covered.
   *
   * @return since the device was made
   */
  public long bytes() {
    return bytes.get();
  }

  /**
   * How often a channel was opened.
   *
   * @return since the device was made
   */
  public long openings() {
    return openings.get();
  }

  /**
   * Whether a channel is open.
   *
   * @param channel 0 to {@link #channels()} - 1
   * @return true iff somebody has it
   */
  public boolean isOpen(int channel) {
    return open.get(channel) != null;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public ProviderKind kind() {
    return ProviderKind.EMULATED;
  }

  @Override
  public int channels() {
    return open.length();
  }

  @Override
  public DmaCaps capabilities(int channel) {
    return capabilities;
  }

  @Override
  public DeviceLimits limits(int channel) {
    return limits;
  }

  @Override
  public synchronized ChannelOps open(int channel) {
    if (closed) {
      throw new IllegalStateException("device is closed: device=" + name + "; make another");
    }
    if (open.get(channel) != null) {
      throw new ChannelBusyException(
          "channel is open already: channel="
              + name
              + "/"
              + channel
              + ", opener=whoever was first");
    }
    final AsyncChannel ops = new AsyncChannel(this, channel);
    open.set(channel, ops);
    openings.incrementAndGet();
    return ops;
  }

  /**
   * Ends every device thread, held or wedged too; what they held is not executed.
   *
   * @throws IllegalStateException if one does not end
   */
  @Override
  public void close() {
    closed = true;
    calls.letGo();
    gate.set(true, false);
    for (int i = 0; i < open.length(); i++) {
      final AsyncChannel ops = open.get(i);
      if (ops != null && !ops.unplug(System.nanoTime() + STOP_LIMIT.toNanos())) {
        throw new IllegalStateException("device thread does not end: channel=" + name + "/" + i);
      }
    }
  }

  void closed(int channel, AsyncChannel ops) {
    open.compareAndSet(channel, ops, null);
  }

  Gate gate() {
    return gate;
  }

  Calls calls() {
    return calls;
  }

  /** How many bytes to do of a transfer before the gate. */
  long beforeTheGate(Descriptor descriptor) {
    final long bytes = cut;
    return bytes != NOT_CUT && bytes < descriptor.length && descriptor.canBeCut() ? bytes : 0;
  }

  boolean interrupting() {
    return interrupting;
  }

  boolean outOfOrder() {
    return outOfOrder;
  }

  int prefetch() {
    return prefetch;
  }

  long delayNanos() {
    return delayNanos;
  }

  void executed(long length) {
    transfers.incrementAndGet();
    bytes.addAndGet(length);
  }

  boolean fails(Descriptor descriptor) {
    final TransferResult result = failure.getAndSet(null);
    if (result != null) {
      descriptor.result = result;
    }
    return result != null;
  }

  /** Makes an asynchronous device step by step. Owned by one thread. */
  public static final class Builder {
    private final String name;
    private int channels = 1;
    private DmaCaps capabilities = DmaCaps.all();
    private DeviceLimits limits = defaultLimits().build();
    private boolean interrupting;
    private boolean outOfOrder;
    private int prefetch = 4;
    private long delayNanos;

    private Builder(String name) {
      this.name = name;
    }

    /**
     * Sets the number of channels.
     *
     * @param channels at least 1
     * @return this
     */
    public Builder channels(int channels) {
      this.channels = channels;
      return this;
    }

    /**
     * Sets what every channel can do. Limits must fit.
     *
     * @param capabilities at least one
     * @return this
     */
    public Builder capabilities(DmaCaps capabilities) {
      this.capabilities = capabilities;
      return this;
    }

    /**
     * Sets the limits of every channel.
     *
     * @param limits see {@link AsyncDevice#defaultLimits()}
     * @return this
     */
    public Builder limits(DeviceLimits limits) {
      this.limits = limits;
      return this;
    }

    /**
     * Gives every channel an interrupt source.
     *
     * @return this
     */
    public Builder interrupts() {
      this.interrupting = true;
      return this;
    }

    /**
     * Lets the device thread take any of the descriptors it has fetched.
     *
     * @return this
     */
    public Builder outOfOrder() {
      this.outOfOrder = true;
      return this;
    }

    /**
     * Sets how many descriptors the device thread fetches ahead.
     *
     * @param descriptors at least 1
     * @return this
     */
    public Builder prefetch(int descriptors) {
      this.prefetch = descriptors;
      return this;
    }

    /**
     * Makes every transfer take at least this long.
     *
     * @param delay the time
     * @return this
     */
    public Builder delay(Duration delay) {
      this.delayNanos = delay.toNanos();
      return this;
    }

    /**
     * The device. Its threads start with {@link AsyncDevice#open}.
     *
     * @return a new device
     */
    public AsyncDevice build() {
      return new AsyncDevice(this);
    }
  }
}
