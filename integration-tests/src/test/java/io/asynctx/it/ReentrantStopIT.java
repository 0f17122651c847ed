package io.asynctx.it;

import static org.junit.Assert.assertEquals;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.TransferResult;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.junit.Before;
import org.junit.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

/** Drivers that are stopped from inside the engine: from its own threads, in foreign code. */
public class ReentrantStopIT extends OnPlatform {

  private static final int ROUNDS = 20;

  private final ConcurrentLinkedQueue<Throwable> thrown = new ConcurrentLinkedQueue<>();
  private final MemorySegment from = Arena.global().allocate(4096);
  private final MemorySegment to = Arena.global().allocate(4096);
  private Bundle one;
  private Bundle two;
  private Holder holder;

  @Before
  public void startTwoDriversAndAClient() throws Exception {
    platform.engine();
    one = platform.async("one");
    two = platform.async("two");
    holder = new Holder();
    holder.register(
        platform.empty("it.holder").getBundleContext(), Map.of(DmaConstants.CLIENT_NAME, "it"));
    awaitBoth();
  }

  private void awaitBoth() {
    platform.awaitHeld("it", "one/0", "one/1", "two/0", "two/1");
  }

  private void stop(Bundle bundle) {
    try {
      bundle.stop();
    } catch (BundleException | RuntimeException | Error e) {
      thrown.add(e);
    }
  }

  /** A copy on a channel of a device, whose callback runs the action before it is counted. */
  private void copy(String device, Runnable action, LongAdder ended) {
    final DmaChannel channel =
        holder.channels.stream().filter(c -> c.device().equals(device)).findFirst().orElseThrow();
    final long tx = channel.prepMemcpy(to, from, 4096, DmaChannel.PREP_ACK);
    channel.callback(
        tx,
        (handle, result, parameter) -> {
          if (result != TransferResult.NO_ERROR) {
            thrown.add(new AssertionError("ended as " + result));
          }
          action.run();
          ended.increment();
        },
        null);
    channel.submit(tx);
    channel.issuePending();
  }

  private void assertWell(Traffic traffic) {
    assertEquals(List.of(), List.copyOf(thrown));
    traffic.flows();
  }

  @Test
  public void driverIsStoppedFromACallbackOfItsOwnChannel() throws Exception {
    final LongAdder ended = new LongAdder();
    try (Traffic traffic = new Traffic(holder).start()) {
      for (int round = 1; round <= ROUNDS; round++) {
        final long wanted = round;
        copy("one", () -> stop(one), ended);
        Await.until("callback that stops its driver returns", () -> ended.sum() == wanted);
        assertEquals(Bundle.RESOLVED, one.getState());
        platform.awaitHeld("it", "two/0", "two/1");
        one.start();
        awaitBoth();
        assertWell(traffic);
      }
    }
    assertRemovals(ROUNDS);
  }

  @Test
  public void driverIsStoppedFromAnEventOfItsOwnChannel() throws Exception {
    final AtomicReference<Bundle> victim = new AtomicReference<>();
    final LongAdder stopped = new LongAdder();
    final Holder assassin =
        new Holder((channel, state) -> {
          final Bundle bundle = victim.get();
          if (state == DmaState.AVAILABLE
              && channel.device().equals("one")
              && victim.compareAndSet(bundle, null)
              && bundle != null) {
            stop(bundle);
            stopped.increment();
          }
          return null;
        });
    assassin.register(
        platform.empty("it.assassin").getBundleContext(),
        Map.of(DmaConstants.CLIENT_NAME, "assassin"));
    platform.awaitHeld("assassin", "one/0", "one/1", "two/0", "two/1");
    try (Traffic traffic = new Traffic(holder).start()) {
      for (int round = 1; round <= ROUNDS; round++) {
        one.stop();
        victim.set(one);
        one.start();
        final long wanted = round;
        Await.until("event that stops the driver returns", () -> stopped.sum() == wanted);
        platform.awaitHeld("assassin", "two/0", "two/1");
        one.start();
        awaitBoth();
        assertWell(traffic);
      }
    }
    assertRemovals(2 * ROUNDS);
  }

  @Test
  public void twoDriversStopCrosswise() throws Exception {
    final LongAdder ended = new LongAdder();
    try (Traffic traffic = new Traffic(holder).start()) {
      for (int round = 1; round <= ROUNDS; round++) {
        final CyclicBarrier both = new CyclicBarrier(2);
        final long wanted = round;
        copy(
            "two",
            () -> {
              meet(both);
              stop(one);
            },
            ended);
        meet(both);
        two.stop();
        Await.until("callback that stops the other driver returns", () -> ended.sum() == wanted);
        platform.awaitHeld("it");
        one.start();
        two.start();
        awaitBoth();
        assertWell(traffic);
      }
    }
    assertRemovals(2 * ROUNDS);
  }

  @Test
  public void twoCallbacksStopEachOthersDriver() throws Exception {
    final LongAdder ended = new LongAdder();
    try (Traffic traffic = new Traffic(holder).start()) {
      for (int round = 1; round <= ROUNDS; round++) {
        final CyclicBarrier both = new CyclicBarrier(2);
        copy(
            "one",
            () -> {
              meet(both);
              stop(two);
            },
            ended);
        copy(
            "two",
            () -> {
              meet(both);
              stop(one);
            },
            ended);
        final long wanted = 2L * round;
        Await.until("both callbacks return", () -> ended.sum() == wanted);
        platform.awaitHeld("it");
        one.start();
        two.start();
        awaitBoth();
        assertWell(traffic);
      }
    }
    assertRemovals(2 * ROUNDS);
  }

  private void meet(CyclicBarrier barrier) {
    try {
      barrier.await(Await.LONG.toSeconds(), java.util.concurrent.TimeUnit.SECONDS);
    } catch (Exception e) {
      thrown.add(e);
    }
  }

  private void assertRemovals(int expected) {
    platform.assertQuiet();
    assertEquals(expected, platform.inspector().removals().size());
    Platform.assertRemovalsAddUp(platform.inspector());
    platform
        .inspector()
        .removals()
        .forEach(removal -> assertEquals(removal.toString(), 0, removal.impounded()));
  }
}
