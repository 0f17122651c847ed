package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.driver.DmaDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A device as the engine serves it. The control lock guards what becomes of its channels: opening,
 * suspending, removing.
 */
final class Device {

  private final DmaDevice gone;
  private volatile DmaDevice device;
  private final String name;
  private final String driver;
  private final String driverVersion;
  private final Map<String, Object> properties;
  private final int ranking;
  private final List<ChannelSlot> slots = new ArrayList<>();
  final ReentrantLock control = new ReentrantLock();
  final CountDownLatch removed = new CountDownLatch(1);
  volatile @Nullable Removal removal;
  private boolean closed;

  Device(
      Engine engine,
      DmaDevice device,
      String driver,
      String driverVersion,
      int ranking,
      Map<String, Object> properties) {
    this.device = device;
    this.gone = GoneDevice.of(device);
    this.name = device.name();
    this.driver = driver;
    this.driverVersion = driverVersion;
    this.ranking = ranking;
    this.properties = Map.copyOf(properties);
    final int channels = device.channels();
    if (channels < 1) {
      throw new IllegalArgumentException(
          "device has no channel: device=" + name + ", channels=" + channels);
    }
    for (int i = 0; i < channels; i++) {
      slots.add(new ChannelSlot(engine, this, i));
    }
  }

  DmaDevice device() {
    return device;
  }

  /** It was removed: from now on nothing here refers to its driver. */
  void gone() {
    device = gone;
  }

  String name() {
    return name;
  }

  String driver() {
    return driver;
  }

  String driverVersion() {
    return driverVersion;
  }

  int ranking() {
    return ranking;
  }

  Map<String, Object> properties() {
    return properties;
  }

  List<ChannelSlot> slots() {
    return slots;
  }

  /**
   * A channel was opened; false iff a removal that did not wait for the control lock has looked for
   * channels already.
   */
  synchronized boolean admit(ChannelSlot slot, Channel channel) {
    if (!closed) {
      slot.channel(channel);
    }
    return !closed;
  }

  synchronized boolean admits() {
    return !closed;
  }

  /** From now on no channel is admitted. */
  synchronized void closeGates() {
    closed = true;
  }

  boolean leaving() {
    return removal != null;
  }

  @Override
  public String toString() {
    return name;
  }
}
