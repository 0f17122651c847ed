package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.InterruptSource;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A device moved by hand: nothing completes before the test says so. Does no work on memory. */
final class HandDevice implements DmaDevice {

  private final String name;
  private final int channelCount;
  DmaCaps caps = DmaCaps.all();
  DeviceLimits limits =
      DeviceLimits.builder()
          .maxXor(255)
          .maxPq(255, true, true)
          .memory(false, true)
          .queue(16, 4)
          .build();
  final List<Hand> hands = new ArrayList<>();
  boolean completeAtOnce;
  volatile boolean refuseOpen;
  volatile boolean refuseInterrupts;
  Runnable inOpen = () -> {};
  @Nullable InterruptSource interrupts;

  HandDevice(String name, int channelCount) {
    this.name = name;
    this.channelCount = channelCount;
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
    return channelCount;
  }

  @Override
  public DmaCaps capabilities(int channel) {
    return caps;
  }

  @Override
  public DeviceLimits limits(int channel) {
    return limits;
  }

  @Override
  public ChannelOps open(int channel) {
    inOpen.run();
    if (refuseOpen) {
      throw new IllegalStateException("planted: cannot be opened");
    }
    final Hand hand = new Hand();
    hand.completeAtOnce = completeAtOnce;
    hand.interrupts = interrupts;
    hand.refuseInterrupts = refuseInterrupts;
    synchronized (this) {
      hands.add(hand);
    }
    return hand;
  }

  synchronized int opens() {
    return hands.size();
  }

  synchronized Hand hand(int i) {
    return hands.get(i);
  }

  /** One channel of it. Whatever a test wants done inside a call is a hook. */
  static final class Hand implements ChannelOps {
    final Deque<Transfer> with = new ArrayDeque<>();
    final Deque<Long> finished = new ArrayDeque<>();
    final List<Long> pushedTags = new ArrayList<>();
    int pushes;
    int doorbells;
    int polls;
    int terminates;
    private final AtomicInteger closes = new AtomicInteger();
    boolean completeAtOnce;
    private boolean refuseInterrupts;
    @Nullable InterruptSource interrupts;
    Runnable inResume = () -> {};
    BooleanSupplier inReset = () -> false;
    Consumer<Transfer> inPush = t -> {};
    Consumer<MemorySegment> inMap = m -> {};
    final List<MemorySegment> mapped = new CopyOnWriteArrayList<>();
    Consumer<CompletionSink> inPoll = s -> {};
    BiFunction<CompletionSink, Hand, Quiet> atTerminate =
        (sink, hand) -> {
          hand.with.forEach(t -> sink.notStarted(t.tag()));
          hand.with.clear();
          return Quiet.QUIET;
        };

    @Override
    public void map(MemorySegment memory) {
      mapped.add(memory);
      inMap.accept(memory);
    }

    @Override
    public synchronized boolean push(Transfer transfer) {
      pushes++;
      pushedTags.add(transfer.tag());
      if (completeAtOnce) {
        finished.add(transfer.tag());
      } else {
        with.add(transfer);
      }
      inPush.accept(transfer);
      return true;
    }

    @Override
    public synchronized void doorbell() {
      doorbells++;
    }

    /** The oldest transfer completes, at the next poll. */
    synchronized void completeOne() {
      finished.add(with.remove().tag());
    }

    synchronized void completeAll() {
      while (!with.isEmpty()) {
        finished.add(with.remove().tag());
      }
    }

    synchronized int held() {
      return with.size();
    }

    synchronized int pushes() {
      return pushes;
    }

    @Override
    public synchronized int poll(int limit, CompletionSink sink) {
      polls++;
      inPoll.accept(sink);
      int n = 0;
      while (n < limit && !finished.isEmpty()) {
        sink.completed(finished.remove(), TransferResult.NO_ERROR, 0);
        n++;
      }
      return n;
    }

    @Override
    public synchronized Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
      terminates++;
      while (!finished.isEmpty()) {
        sink.completed(finished.remove(), TransferResult.NO_ERROR, 0);
      }
      return atTerminate.apply(sink, this);
    }

    @Override
    public void resume() {
      inResume.run();
    }

    @Override
    public boolean reset(long deadlineNanos) {
      return inReset.getAsBoolean();
    }

    @Override
    public @Nullable InterruptSource interrupts() {
      if (refuseInterrupts) {
        throw new IllegalStateException("planted: no interrupts");
      }
      return interrupts;
    }

    @Override
    public void close() {
      closes.incrementAndGet(); // under no lock: a test may hold that, as a driver may
    }

    int closes() {
      return closes.get();
    }
  }
}
