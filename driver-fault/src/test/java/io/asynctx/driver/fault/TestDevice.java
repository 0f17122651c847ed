package io.asynctx.driver.fault;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A device driven by hand, with itself as the open channel, a sink that writes everything down, and
 * fills as its only operation. What is pushed is done in the poll after the doorbell.
 */
final class TestDevice implements DmaDevice, ChannelOps, CompletionSink {
  static final int LENGTH = 64;
  static final int DEPTH = 8;
  static final byte DONE = 1;

  final List<String> reports = new ArrayList<>();
  final List<String> calls = new ArrayList<>();
  private final Deque<Transfer> queue = new ArrayDeque<>();
  private boolean rung;
  boolean full;

  /** A fill of fresh memory with {@link #DONE}. */
  record Fill(long tag, MemorySegment to) implements Transfer {
    Fill(long tag) {
      this(tag, MemorySegment.ofArray(new byte[LENGTH]));
    }

    int filled() {
      int filled = 0;
      for (byte b : to.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE)) {
        filled += b == DONE ? 1 : 0;
      }
      return filled;
    }

    @Override
    public DmaCap operation() {
      return DmaCap.MEMSET;
    }

    @Override
    public long offset() {
      return 0;
    }

    @Override
    public long length() {
      return LENGTH;
    }

    @Override
    public int destinations() {
      return 1;
    }

    @Override
    public MemorySegment destination(int i) {
      return to;
    }

    @Override
    public int sources() {
      return 0;
    }

    @Override
    public MemorySegment source(int i) {
      throw new IndexOutOfBoundsException(i);
    }

    @Override
    public int coefficient(int i) {
      return 0;
    }

    @Override
    public int failed(int which) {
      return 0;
    }

    @Override
    public byte value() {
      return DONE;
    }

    @Override
    public boolean continuation() {
      return false;
    }

    @Override
    public boolean accumulate() {
      return false;
    }
  }

  @Override
  public boolean push(Transfer transfer) {
    return !full && queue.add(transfer);
  }

  @Override
  public void doorbell() {
    calls.add("doorbell");
    rung = true;
  }

  @Override
  public int poll(int limit, CompletionSink sink) {
    int reported = 0;
    while (rung && reported < limit && !queue.isEmpty()) {
      final Transfer transfer = queue.remove();
      transfer.destination(0).asSlice(0, transfer.length()).fill(transfer.value());
      sink.completed(transfer.tag(), TransferResult.NO_ERROR, 0);
      reported++;
    }
    return reported;
  }

  @Override
  public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
    calls.add("terminateAll");
    queue.forEach(t -> sink.notStarted(t.tag()));
    queue.clear();
    return Quiet.QUIET;
  }

  @Override
  public boolean reset(long deadlineNanos) {
    calls.add("reset");
    queue.clear();
    return true;
  }

  @Override
  public void close() {
    calls.add("close");
  }

  @Override
  public String name() {
    return "test0";
  }

  @Override
  public ProviderKind kind() {
    return ProviderKind.EMULATED;
  }

  @Override
  public int channels() {
    return 2;
  }

  @Override
  public DmaCaps capabilities(int channel) {
    return DmaCaps.of(DmaCap.MEMSET);
  }

  @Override
  public DeviceLimits limits(int channel) {
    return DeviceLimits.builder().alignment(1, 8, 1, 1).queue(DEPTH, 1).build();
  }

  @Override
  public ChannelOps open(int channel) {
    return this;
  }

  @Override
  public void completed(long tag, TransferResult result, long residue) {
    reports.add(tag + " " + result + (residue > 0 ? " residue=" + residue : ""));
  }

  @Override
  public void validated(long tag, int sumCheck) {
    reports.add(tag + " validated=" + sumCheck);
  }

  @Override
  public void stopped(long tag, TransferResult reason, long done) {
    reports.add(tag + " stopped " + reason + " done=" + done);
  }

  @Override
  public void notStarted(long tag) {
    reports.add(tag + " notStarted");
  }
}
