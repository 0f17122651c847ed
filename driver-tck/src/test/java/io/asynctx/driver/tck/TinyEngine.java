package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Just enough of an engine for one channel, one lock and copies; right, or wrong about dependents.
 */
final class TinyEngine implements EngineUnderTest, CompletionSink {
  /** What it does with an operation whose parent has not ended. */
  enum Dependents {
    ISSUED_WHEN_THE_PARENT_ENDS,
    LEFT_TO_THE_NEXT_ISSUE,
    ISSUED_AT_ONCE
  }

  private static final long IDLE_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

  private record Copy(long tag, MemorySegment to, MemorySegment from, long length)
      implements Transfer {
    @Override
    public DmaCap operation() {
      return DmaCap.MEMCPY;
    }

    @Override
    public long offset() {
      return 0;
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
      return 1;
    }

    @Override
    public MemorySegment source(int i) {
      return from;
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
      return 0;
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

  private final Dependents dependents;
  private final Map<Long, Copy> prepared = new HashMap<>();
  private final Map<Long, Long> parents = new HashMap<>();
  private final Map<Long, DmaStatus> ended = new HashMap<>();
  private final List<Long> submitted = new ArrayList<>();
  private final Thread worker = Thread.ofPlatform().daemon().unstarted(this::work);
  private ChannelOps ops;
  private long next;
  private boolean stopped;

  TinyEngine(Dependents dependents) {
    this.dependents = dependents;
  }

  @Override
  public synchronized DmaChannel lease(DmaDevice device) {
    ops = device.open(0);
    worker.start();
    return (DmaChannel)
        Proxy.newProxyInstance(
            DmaChannel.class.getClassLoader(), new Class<?>[] {DmaChannel.class}, this::call);
  }

  private synchronized Object call(Object proxy, Method method, Object... args) {
    return switch (method.getName()) {
      case "prepMemcpy" -> {
        next++;
        prepared.put(
            next, new Copy(next, (MemorySegment) args[0], (MemorySegment) args[1], (long) args[2]));
        yield next;
      }
      case "dependsOn" -> parents.put((Long) args[0], (Long) args[1]);
      case "submit" -> {
        submitted.add((Long) args[0]);
        yield args[0];
      }
      case "issuePending" -> {
        issue(dependents == Dependents.ISSUED_AT_ONCE);
        yield null;
      }
      case "status" -> ended.getOrDefault((Long) args[0], DmaStatus.IN_PROGRESS);
      case "ack", "describe" -> null;
      default -> throw new UnsupportedOperationException(method.getName());
    };
  }

  private void issue(boolean regardless) {
    submitted.removeIf(id -> {
      final Long parent = parents.get(id);
      return (regardless || parent == null || ended.containsKey(parent))
          && ops.push(prepared.get(id));
    });
    ops.doorbell();
  }

  private void work() {
    while (true) {
      synchronized (this) {
        if (stopped) {
          return;
        }
        if (ops.poll(8, this) > 0 && dependents == Dependents.ISSUED_WHEN_THE_PARENT_ENDS) {
          issue(false);
        }
      }
      LockSupport.parkNanos(IDLE_NANOS);
    }
  }

  @Override
  public void completed(long tag, TransferResult result, long residue) {
    ended.put(tag, result.status());
  }

  @Override
  public void validated(long tag, int sumCheck) {}

  @Override
  public void stopped(long tag, TransferResult reason, long done) {}

  @Override
  public void notStarted(long tag) {}

  @Override
  public synchronized void close() {
    stopped = true;
    ops.terminateAll(this, System.nanoTime() + TimeUnit.SECONDS.toNanos(2));
    ops.close();
  }
}
