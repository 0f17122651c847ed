package io.asynctx.dmaengine.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import io.asynctx.raid.Gf256;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A device that works, byte by byte and on its own reading of the contract, in poll; and stands
 * still while it is held.
 */
final class WorkingDevice implements DmaDevice {

  private final String name;
  private final int channels;
  ProviderKind kind = ProviderKind.SOFTWARE;
  DmaCaps caps = DmaCaps.all();
  DeviceLimits limits =
      DeviceLimits.builder()
          .maxXor(8)
          .maxPq(8, false, true)
          .memory(false, true)
          .queue(16, 4)
          .build();
  final List<Lane> lanes = new ArrayList<>();

  /** No transfer completes while this is set. */
  volatile boolean held;

  /** The transfers that write to this segment fail. */
  volatile MemorySegment broken = MemorySegment.NULL;

  WorkingDevice(String name, int channels) {
    this.name = name;
    this.channels = channels;
  }

  WorkingDevice(String name, int channels, DmaCap... caps) {
    this(name, channels);
    this.caps = DmaCaps.of(caps);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public ProviderKind kind() {
    return kind;
  }

  @Override
  public int channels() {
    return channels;
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
  public synchronized ChannelOps open(int channel) {
    final Lane lane = new Lane();
    lanes.add(lane);
    return lane;
  }

  synchronized int pushes() {
    return lanes.stream().mapToInt(Lane::pushes).sum();
  }

  /** One channel. */
  final class Lane implements ChannelOps {
    private final Deque<Transfer> queue = new ArrayDeque<>();
    private int pushes;

    synchronized int pushes() {
      return pushes;
    }

    @Override
    public synchronized boolean push(Transfer transfer) {
      pushes++;
      queue.add(transfer);
      return true;
    }

    @Override
    public void doorbell() {}

    @Override
    public synchronized int poll(int limit, CompletionSink sink) {
      int done = 0;
      while (!held && done < limit && !queue.isEmpty()) {
        final Transfer t = queue.remove();
        if (t.destinations() > 0 && broken.equals(t.destination(0))) {
          sink.completed(t.tag(), TransferResult.WRITE_FAILED, t.length());
        } else {
          work(t, sink);
        }
        done++;
      }
      return done;
    }

    private void work(Transfer t, CompletionSink sink) {
      switch (t.operation()) {
        case XOR_VAL -> sink.validated(t.tag(), xorVal(t));
        case PQ_VAL -> sink.validated(t.tag(), pqVal(t));
        default -> {
          write(t, t.length());
          sink.completed(t.tag(), TransferResult.NO_ERROR, 0);
        }
      }
    }

    @Override
    public synchronized Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
      queue.forEach(t -> sink.notStarted(t.tag()));
      queue.clear();
      return Quiet.QUIET;
    }

    @Override
    public void close() {}
  }

  private static int at(MemorySegment s, long i) {
    return s == null ? 0 : s.get(JAVA_BYTE, i) & 0xff;
  }

  /** Does so many bytes of a transfer that writes. */
  static void write(Transfer t, long bytes) {
    for (long i = t.offset(); i < t.offset() + bytes; i++) {
      byteOf(t, i);
    }
  }

  private static void byteOf(Transfer t, long i) {
    switch (t.operation()) {
      case MEMCPY -> t.destination(0).set(JAVA_BYTE, i, (byte) at(t.source(0), i));
      case MEMSET -> t.destination(0).set(JAVA_BYTE, i, t.value());
      case XOR -> {
        int x = 0;
        for (int k = 0; k < t.sources(); k++) {
          x ^= at(t.source(k), i);
        }
        t.destination(0).set(JAVA_BYTE, i, (byte) x);
      }
      case PQ -> pq(t, i);
      case RAID6_RECOV -> recover(t, i);
      default -> {}
    }
  }

  private static void pq(Transfer t, long i) {
    int p = t.accumulate() ? at(t.destination(0), i) : 0;
    int q = t.accumulate() ? at(t.destination(1), i) : 0;
    for (int k = 0; k < t.sources(); k++) {
      p ^= at(t.source(k), i);
      q ^= Gf256.mul(t.coefficient(k), at(t.source(k), i));
    }
    if (t.destination(0) != null) {
      t.destination(0).set(JAVA_BYTE, i, (byte) p);
    }
    if (t.destination(1) != null) {
      t.destination(1).set(JAVA_BYTE, i, (byte) q);
    }
  }

  private static void recover(Transfer t, long i) {
    final int data = t.sources() - 2;
    final int low = Math.min(t.failed(0), t.failed(1));
    final int high = Math.max(t.failed(0), t.failed(1));
    int p = 0;
    int q = at(t.source(data + 1), i);
    for (int k = 0; k < data; k++) {
      if (k != low && k != high) {
        p ^= at(t.source(k), i);
        q ^= Gf256.mul(Gf256.exp(k), at(t.source(k), i));
      }
    }
    if (high == data) {
      final int lost = Gf256.mul(Gf256.inv(Gf256.exp(low)), q);
      t.source(low).set(JAVA_BYTE, i, (byte) lost);
      t.source(data).set(JAVA_BYTE, i, (byte) (p ^ lost));
      return;
    }
    p ^= at(t.source(data), i);
    final int divisor = Gf256.exp(low) ^ Gf256.exp(high);
    final int first = Gf256.mul(Gf256.inv(divisor), q ^ Gf256.mul(Gf256.exp(high), p));
    t.source(low).set(JAVA_BYTE, i, (byte) first);
    t.source(high).set(JAVA_BYTE, i, (byte) (p ^ first));
  }

  private static int xorVal(Transfer t) {
    int any = 0;
    for (long i = t.offset(); i < t.offset() + t.length(); i++) {
      int x = 0;
      for (int k = 0; k < t.sources(); k++) {
        x ^= at(t.source(k), i);
      }
      any |= x;
    }
    return any == 0 ? 0 : SumCheck.P_WRONG;
  }

  private static int pqVal(Transfer t) {
    final int data = t.sources() - 2;
    int bits = 0;
    for (long i = t.offset(); i < t.offset() + t.length(); i++) {
      int p = 0;
      int q = 0;
      for (int k = 0; k < data; k++) {
        p ^= at(t.source(k), i);
        q ^= Gf256.mul(Gf256.exp(k), at(t.source(k), i));
      }
      bits |= t.source(data) != null && p != at(t.source(data), i) ? SumCheck.P_WRONG : 0;
      bits |= t.source(data + 1) != null && q != at(t.source(data + 1), i) ? SumCheck.Q_WRONG : 0;
    }
    return bits;
  }
}
