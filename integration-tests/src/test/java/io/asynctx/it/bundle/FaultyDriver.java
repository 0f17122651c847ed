package io.asynctx.it.bundle;

import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * A component of a test bundle: the driver of a device that completes nothing, with a fault in one
 * method. Writes what is called of it into a journal of the test's.
 *
 * <p>Component property {@code fault}: the method, and what it does there, {@code throw} or {@code
 * hang} until the journal says {@code release}.
 */
public final class FaultyDriver implements DmaDevice, ChannelOps {

  private final List<String> journal;
  private final String fault;
  private final List<Long> tags = new ArrayList<>();
  private volatile boolean deactivated;

  /**
   * By declarative services.
   *
   * @param properties of the component
   * @param journal of the test's
   */
  public FaultyDriver(Map<String, Object> properties, List<String> journal) {
    this.fault = String.valueOf(properties.get("fault"));
    this.journal = journal;
  }

  void activate() {
    journal.add("activate");
  }

  void deactivate() {
    deactivated = true;
    journal.add("deactivate");
  }

  private void enter(String method) {
    if (deactivated) {
      journal.add("entered after deactivate: " + method);
    }
  }

  private void fault(String method) {
    journal.add(method);
    if (fault.equals(method + " throw")) {
      throw new LinkageError("planted in " + method);
    }
    while (fault.equals(method + " hang") && !journal.contains("release")) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Override
  public String name() {
    return "faulty";
  }

  @Override
  public ProviderKind kind() {
    return ProviderKind.EMULATED;
  }

  @Override
  public int channels() {
    return 1;
  }

  @Override
  public DmaCaps capabilities(int channel) {
    return DmaCaps.all();
  }

  @Override
  public DeviceLimits limits(int channel) {
    return DeviceLimits.builder()
        .maxXor(8)
        .maxPq(8, true, true)
        .memory(false, true)
        .queue(4, 2)
        .build();
  }

  @Override
  public ChannelOps open(int channel) {
    return this;
  }

  @Override
  public synchronized boolean push(Transfer transfer) {
    enter("push");
    return tags.size() < 4 && tags.add(transfer.tag());
  }

  @Override
  public void doorbell() {
    enter("doorbell");
  }

  @Override
  public int poll(int limit, CompletionSink sink) {
    enter("poll");
    return 0;
  }

  @Override
  public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
    enter("terminateAll");
    fault("terminateAll");
    for (long tag : tags) {
      sink.notStarted(tag);
    }
    return Quiet.QUIET;
  }

  @Override
  public void close() {
    enter("close");
    fault("close");
  }
}
