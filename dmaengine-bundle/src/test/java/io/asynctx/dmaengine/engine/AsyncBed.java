package io.asynctx.dmaengine.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.driver.DmaDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Random;

/** An engine with async_tx on it, without OSGi. */
final class AsyncBed implements AutoCloseable {

  static final Duration LONG = Duration.ofSeconds(20);

  final Rig rig;
  final Engine engine;
  final AsyncTxChannels channels;
  final AsyncTxService async;
  final SubmitControl control = new SubmitControl().allowSynchronous(false);
  private final Random random = new Random(7);

  /** 64 slots a pool, no operation small enough for the caller, displaced for 200 ms. */
  AsyncBed() {
    this(new Rig(), new AsyncTxLimits(2000, 20_000));
  }

  AsyncBed(Rig rig, AsyncTxLimits limits) {
    this.rig = rig;
    this.engine = rig.engine;
    this.channels = new AsyncTxChannels(engine, "io.asynctx.dmaengine");
    channels.start();
    this.async = new AsyncTxService(engine, channels, new Owner("test"), limits);
  }

  static EngineConfig config(int ringSize, long synchronousBelow) {
    return new EngineConfig(
        "rig",
        ringSize,
        1000,
        EngineConfig.DRAIN_SHARE,
        200,
        synchronousBelow,
        300,
        200,
        FailureConfig.defaults());
  }

  AsyncTxService other(String owner) {
    return new AsyncTxService(engine, channels, new Owner(owner), new AsyncTxLimits(2000, 2000));
  }

  /** Adds a device, and waits until async_tx has its channels. */
  Device add(DmaDevice device, int ranking) {
    final int before = held();
    final Device added = rig.add(device, ranking);
    Rig.await("channels of " + device.name(), () -> held() == before + device.channels());
    return added;
  }

  int held() {
    int held = 0;
    for (Lease lease : channels.all()) {
      held += lease.held() ? 1 : 0;
    }
    return held;
  }

  MemorySegment bytes(long size) {
    final MemorySegment s = Arena.global().allocate(size, 64);
    for (long i = 0; i < size; i++) {
      s.set(JAVA_BYTE, i, (byte) random.nextInt());
    }
    return s;
  }

  MemorySegment[] blocks(int count, long size) {
    final MemorySegment[] blocks = new MemorySegment[count];
    for (int i = 0; i < count; i++) {
      blocks[i] = bytes(size);
    }
    return blocks;
  }

  static byte[] copy(MemorySegment s) {
    return s.toArray(JAVA_BYTE);
  }

  SubmitControl with(long flags, long... dependencies) {
    control.with(flags, 0);
    for (long dependency : dependencies) {
      control.after(dependency);
    }
    return control;
  }

  ProviderKind ranOn(long handle) {
    return async.describe(handle).provenance().kind();
  }

  String channelOf(long handle) {
    return async.describe(handle).provenance().channel();
  }

  @Override
  public void close() {
    rig.close();
    channels.stop();
  }
}
