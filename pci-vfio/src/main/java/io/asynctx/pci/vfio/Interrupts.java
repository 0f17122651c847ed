package io.asynctx.pci.vfio;

import io.asynctx.dmaengine.driver.InterruptSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The MSI-X vectors of an open function. A vector that was enabled keeps its counter until the end,
 * so that who waits for it may go on waiting while it is disabled.
 *
 * <p>Threading: enable, disable and close by one thread at a time; {@link #wake} by any, under the
 * same lock.
 */
final class Interrupts {

  private final VfioDevice device;
  private final int vectors;
  private final List<Source> sources = new ArrayList<>();
  private int enabled;

  Interrupts(VfioDevice device) {
    this.device = device;
    this.vectors = device.vectors(Vfio.MSIX);
  }

  /** One vector. The hardware sends one message each time; there is nothing to unmask. */
  private record Source(EventCounter counter) implements InterruptSource {
    @Override
    public boolean await(long timeoutNanos) throws InterruptedException {
      return counter.await(timeoutNanos);
    }

    @Override
    public void unmask() {}
  }

  int vectors() {
    return vectors;
  }

  synchronized void enable(int count) {
    if (count < 1 || count > vectors) {
      throw new IllegalArgumentException(
          "interrupt count out of range: function="
              + device.who()
              + ", count="
              + count
              + ", min=1, max="
              + vectors);
    }
    if (enabled > 0) {
      throw new IllegalStateException(
          "interrupts enabled already: function="
              + device.who()
              + ", count="
              + enabled
              + "; disable them first");
    }
    while (sources.size() < count) {
      sources.add(new Source(EventCounter.open(device.calls())));
    }
    final int[] counters = sources.stream().limit(count).mapToInt(s -> s.counter().fd()).toArray();
    final int answer = device.setIrqs(Vfio.MSIX, counters);
    if (answer < 0) {
      throw Group.refused(
          device.who(),
          "interrupts not enabled",
          "count=" + count,
          answer,
          "the machine may have none left: enable fewer");
    }
    // The kernel enables fewer if it has fewer, and says how many it could.
    if (answer > 0) {
      throw new IllegalStateException(
          "not enough interrupts: function="
              + device.who()
              + ", count="
              + count
              + ", available="
              + answer
              + "; enable fewer");
    }
    enabled = count;
  }

  synchronized void disable() {
    if (enabled > 0) {
      enabled = 0;
      device.setIrqs(Vfio.MSIX, new int[0]);
    }
  }

  synchronized InterruptSource source(int vector) {
    return sources.get(Objects.checkIndex(vector, enabled));
  }

  /** Makes every source return once. */
  synchronized void wake() {
    sources.forEach(s -> s.counter().signal());
  }

  /** Ends every wait, and then the counters. */
  void close() {
    final List<Source> all;
    synchronized (this) {
      all = List.copyOf(sources);
      sources.clear();
    }
    all.forEach(s -> s.counter().close());
  }
}
