package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.InterruptSource;
import io.asynctx.dmaengine.driver.Quiet;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** What one contract works with. Owned by the thread the contract runs on. */
final class Bench {
  private static final long CLEAN_UP_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long INTERRUPT_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final int[] SIZES = {
    1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 255, 256, 257, 1000, 4095, 4096, 4097
  };

  /** Most transfers a contract keeps in flight, whatever the depth of the device. */
  private static final int MOST_IN_FLIGHT = 48;

  final DmaDevice device;
  final int channel;
  final DmaCaps capabilities;
  final DeviceLimits limits;
  final TckOptions options;
  final Memory memory;
  final Random random;
  final Cases cases;

  private final List<Harness> opened = new ArrayList<>();
  private final List<Thread> helpers = new ArrayList<>();
  private boolean sawInterrupts;
  private boolean dirty;

  Bench(DmaDevice device, TckOptions options, Memory memory) {
    this.device = device;
    this.options = options;
    this.memory = memory;
    channel = options.channel();
    capabilities = device.capabilities(channel);
    limits = device.limits(channel);
    random = new Random(options.seed());
    cases = new Cases(memory, limits, random);
    memory.reset();
  }

  static void applies(boolean condition, String reasonIfNot) {
    if (!condition) {
      throw new ContractSkipped(reasonIfNot);
    }
  }

  static void require(boolean condition, String failureIfNot) {
    if (!condition) {
      throw new ContractFailure(failureIfNot);
    }
  }

  /** Opens the channel, as the engine does. Closed at the end of the contract, if not before. */
  Harness open() {
    return open(channel);
  }

  Harness open(int which) {
    final ChannelOps ops = device.open(which);
    final Harness harness = new Harness(device.name() + "/" + which, ops, options);
    opened.add(harness);
    sawInterrupts |= harness.interrupts() != null;
    ops.map(memory.slab());
    return harness;
  }

  /** Ends a channel in the engine's order; says whether the device was shown to be quiet. */
  boolean shut(Harness harness) {
    boolean quiet = true;
    if (!harness.terminated()) {
      quiet = harness.terminate(CLEAN_UP_NANOS) == Quiet.QUIET;
      dirty |= !quiet;
    }
    if (!harness.closed()) {
      harness.ops().unmap(memory.slab());
      harness.close();
    }
    return quiet;
  }

  /** The device may still write: nobody uses this memory again. */
  void soil() {
    dirty = true;
  }

  boolean dirty() {
    return dirty;
  }

  boolean sawInterrupts() {
    return sawInterrupts;
  }

  /** Capabilities of the channel. */
  List<DmaCap> operations() {
    return capabilities.toList();
  }

  int alignment(DmaCap operation) {
    return Cases.alignment(limits, operation);
  }

  /** Largest length tried: within the device's limit, and a multiple of the alignment. */
  int largest(DmaCap operation) {
    final int alignment = alignment(operation);
    final long most = Math.min(limits.maxTransfer(), options.maxBytes());
    return (int) Math.max(alignment, most / alignment * alignment);
  }

  /**
   * Lengths around every edge that matters to hardware and kernels, rounded up to the alignment.
   */
  int[] sizes(DmaCap operation) {
    final int alignment = alignment(operation);
    final int largest = largest(operation);
    return java.util.Arrays.stream(SIZES)
        .map(size -> (size + alignment - 1) / alignment * alignment)
        .filter(size -> size <= largest)
        .distinct()
        .toArray();
  }

  /** About this length, as the device takes it. */
  int length(DmaCap operation, int about) {
    final int alignment = alignment(operation);
    return Math.min(largest(operation), (about + alignment - 1) / alignment * alignment);
  }

  int inFlight() {
    return Math.min(limits.depth(), MOST_IN_FLIGHT);
  }

  /** Transfers of every capability in turn. Earlier cases' memory is reused. */
  List<Case> mixed(int count, int about) {
    memory.reset();
    final List<DmaCap> operations = operations();
    final List<Case> made = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      final DmaCap operation = operations.get(i % operations.size());
      made.add(cases.any(operation, length(operation, 1 + random.nextInt(about))));
    }
    return made;
  }

  /** The simplest transfer that moves bytes, or at least something. */
  Case simple() {
    final List<DmaCap> operations = operations();
    final DmaCap operation = operations.getFirst();
    return cases.any(operation, length(operation, 64));
  }

  /** Runs something on another thread and waits for it, bounded. */
  <T> T elsewhere(String name, Callable<T> work) throws Exception {
    return join(start(name, work));
  }

  <T> FutureTask<T> start(String name, Callable<T> work) {
    final FutureTask<T> task = new FutureTask<>(work);
    final Thread thread =
        Thread.ofPlatform()
            .name("tck " + name)
            .daemon()
            .inheritInheritableThreadLocals(false)
            .start(task);
    helpers.add(thread);
    return task;
  }

  <T> T join(FutureTask<T> task) throws Exception {
    try {
      return task.get(options.contractTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    } catch (TimeoutException e) {
      throw new ContractFailure(
          "a call of the driver did not come back: timeout=" + options.contractTimeout());
    }
  }

  /**
   * Serves the interrupts of a channel as the engine's interrupt thread does, until the condition
   * says stop. Does nothing for a device that must be polled.
   */
  FutureTask<Integer> serveInterrupts(Harness harness, BooleanSupplier stop) {
    final InterruptSource source = harness.interrupts();
    return start(
        "interrupts",
        () -> {
          int count = 0;
          if (source == null) {
            return count;
          }
          harness.interrupter(Thread.currentThread());
          while (!stop.getAsBoolean()) {
            if (source.await(INTERRUPT_WAIT_NANOS)) {
              source.unmask();
              count++;
            }
          }
          return count;
        });
  }

  /** Ends what the contract left open. */
  void cleanUp() {
    for (Thread helper : helpers) {
      helper.interrupt();
    }
    RuntimeException failure = null;
    for (Harness harness : opened) {
      try {
        shut(harness);
      } catch (RuntimeException e) {
        dirty = true;
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Fails for the first violation a harness saw that the contract watches. */
  void verify(Contract contract) {
    for (Harness harness : opened) {
      for (Violation violation : harness.violations()) {
        if (contract.watches(violation)) {
          throw new ContractFailure(violation.toString());
        }
      }
    }
  }
}
