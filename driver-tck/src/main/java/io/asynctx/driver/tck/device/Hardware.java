package io.asynctx.driver.tck.device;

import io.asynctx.dmaengine.TransferResult;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The hardware of one channel, from one opening or reset to the next stop. A driver starts no
 * thread; this one is no driver's: it plays the hardware, which runs whether or not anybody polls.
 * It sees descriptors and client memory, never a transfer or a sink.
 *
 * <pre>
 *  field            written by               mode              read by           mode
 *  descriptors[i]   driver at push           plain             device thread     after queue.take
 *                   device thread            plain             driver at poll    after done.take
 *  queue            driver at push           stage             device thread     take
 *                   driver, once quiet       -                 -                 take
 *  done             device thread            put               driver at poll    take
 *  free             driver at poll           put               driver at push    take
 *  cut              device thread            plain             driver            after quiet
 *  stopping         driver                   volatile          device thread     volatile
 * </pre>
 */
final class Hardware {
  final Descriptor[] descriptors;
  final IntRing queue;
  final IntRing done;
  final IntRing free;

  private final AsyncDevice device;
  private final Interrupts interrupts;
  private final int[] fetched;
  private final Random order = new Random(42);
  private final CountDownLatch quiet = new CountDownLatch(1);
  private final Work work = new Work(this::stopping);
  private final Thread thread;
  private int cut = -1;
  private volatile boolean stopping;

  Hardware(AsyncDevice device, int channel, int depth, Interrupts interrupts) {
    this.device = device;
    this.interrupts = interrupts;
    descriptors = new Descriptor[depth];
    queue = new IntRing(depth);
    done = new IntRing(depth);
    free = new IntRing(depth);
    for (int i = 0; i < depth; i++) {
      descriptors[i] = new Descriptor();
      free.put(i);
    }
    fetched = new int[Math.min(depth, device.prefetch())];
    thread =
        Thread.ofPlatform()
            .name(device.name() + "/" + channel + " hardware")
            .daemon()
            .inheritInheritableThreadLocals(false)
            .unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Shows the device thread everything staged. */
  void ring() {
    queue.publish();
    LockSupport.unpark(thread);
  }

  /**
   * Tells the device thread to stop and waits until it has.
   *
   * @return true iff it touches nothing any more
   */
  boolean stop(long deadlineNanos) {
    stopping = true;
    device.gate().wake();
    LockSupport.unpark(thread);
    try {
      return quiet.await(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** The transfer that was stopped in the middle, where its descriptor says; once quiet. */
  @Nullable Descriptor cut() {
    return cut < 0 ? null : descriptors[cut];
  }

  private boolean stopping() {
    return stopping;
  }

  private void run() {
    int count = 0;
    try {
      while (!stopping) {
        count = fetch(count);
        if (count == 0) {
          LockSupport.park(this);
        } else {
          final int next = device.outOfOrder() ? order.nextInt(count) : 0;
          final int index = fetched[next];
          System.arraycopy(fetched, next + 1, fetched, next, count - next - 1);
          count--;
          execute(index);
        }
      }
    } finally {
      Arrays.fill(fetched, -1);
      quiet.countDown();
    }
  }

  private int fetch(int count) {
    int filled = count;
    while (filled < fetched.length) {
      final int index = queue.take();
      if (index < 0) {
        break;
      }
      fetched[filled] = index;
      filled++;
    }
    return filled;
  }

  private void execute(int index) {
    final Descriptor descriptor = descriptors[index];
    final long first = device.beforeTheGate(descriptor);
    if (first > 0 && !work.run(descriptor, 0, first)) {
      return;
    }
    descriptor.done = descriptor.result == TransferResult.NO_ERROR ? first : 0;
    if (!device.gate().pass(this::stopping) || !delay()) {
      cut = descriptor.done > 0 ? index : -1;
      return;
    }
    if (descriptor.result == TransferResult.NO_ERROR && !device.fails(descriptor)) {
      if (!work.run(descriptor, descriptor.done, descriptor.length)) {
        return;
      }
      descriptor.done = 0;
    }
    device.executed(descriptor.length);
    done.put(index);
    interrupts.raise();
  }

  private boolean delay() {
    final long end = System.nanoTime() + device.delayNanos();
    for (long left = device.delayNanos(); left > 0; left = end - System.nanoTime()) {
      if (stopping) {
        return false;
      }
      LockSupport.parkNanos(this, left);
    }
    return true;
  }
}
