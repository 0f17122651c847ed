package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.InterruptSource;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;

/** A driver that does what another does, until a subclass spoils one thing. */
class Faulty implements ChannelOps {
  final ChannelOps inner;

  Faulty(ChannelOps inner) {
    this.inner = inner;
  }

  @Override
  public boolean push(Transfer transfer) {
    return inner.push(transfer);
  }

  @Override
  public void doorbell() {
    inner.doorbell();
  }

  @Override
  public int poll(int limit, CompletionSink sink) {
    return inner.poll(limit, sink);
  }

  @Override
  public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
    return inner.terminateAll(sink, deadlineNanos);
  }

  @Override
  public void close() {
    inner.close();
  }

  @Override
  public void suspend() {
    inner.suspend();
  }

  @Override
  public void resume() {
    inner.resume();
  }

  @Override
  public boolean reset(long deadlineNanos) {
    return inner.reset(deadlineNanos);
  }

  @Override
  public InterruptSource interrupts() {
    return inner.interrupts();
  }

  @Override
  public void map(MemorySegment memory) {
    inner.map(memory);
  }

  @Override
  public void unmap(MemorySegment memory) {
    inner.unmap(memory);
  }

  /** A sink that hands on what it is told. */
  static class Through implements CompletionSink {
    final CompletionSink to;

    Through(CompletionSink to) {
      this.to = to;
    }

    @Override
    public void completed(long tag, TransferResult result, long residue) {
      to.completed(tag, result, residue);
    }

    @Override
    public void validated(long tag, int sumCheck) {
      to.validated(tag, sumCheck);
    }

    @Override
    public void stopped(long tag, TransferResult reason, long done) {
      to.stopped(tag, reason, done);
    }

    @Override
    public void notStarted(long tag) {
      to.notStarted(tag);
    }
  }

  /** A sink that sees every report as one thing, to be done now, later, twice or never. */
  abstract static class Reports implements CompletionSink {
    private final CompletionSink to;

    Reports(CompletionSink to) {
      this.to = to;
    }

    abstract void report(long tag, Runnable report);

    @Override
    public void completed(long tag, TransferResult result, long residue) {
      report(tag, () -> to.completed(tag, result, residue));
    }

    @Override
    public void validated(long tag, int sumCheck) {
      report(tag, () -> to.validated(tag, sumCheck));
    }

    @Override
    public void stopped(long tag, TransferResult reason, long done) {
      report(tag, () -> to.stopped(tag, reason, done));
    }

    @Override
    public void notStarted(long tag) {
      report(tag, () -> to.notStarted(tag));
    }
  }

  /** A transfer as another, until a subclass says otherwise. */
  static class View implements Transfer {
    final Transfer of;

    View(Transfer of) {
      this.of = of;
    }

    @Override
    public long tag() {
      return of.tag();
    }

    @Override
    public DmaCap operation() {
      return of.operation();
    }

    @Override
    public long offset() {
      return of.offset();
    }

    @Override
    public long length() {
      return of.length();
    }

    @Override
    public int destinations() {
      return of.destinations();
    }

    @Override
    public MemorySegment destination(int i) {
      return of.destination(i);
    }

    @Override
    public int sources() {
      return of.sources();
    }

    @Override
    public MemorySegment source(int i) {
      return of.source(i);
    }

    @Override
    public int coefficient(int i) {
      return of.coefficient(i);
    }

    @Override
    public int failed(int which) {
      return of.failed(which);
    }

    @Override
    public byte value() {
      return of.value();
    }

    @Override
    public boolean continuation() {
      return of.continuation();
    }

    @Override
    public boolean accumulate() {
      return of.accumulate();
    }
  }
}
