package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.dto.InvariantDTO;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the fifteen invariants of an engine, from inside: counters, and a scan of all
 * descriptors. What cannot be seen from inside is {@code unknown}, and so is a sum that does not
 * stay still: while operations come and go, a look may fall between two counters. A scan that finds
 * something wrong is repeated; what is still wrong, with nothing having moved, is broken.
 *
 * <p>Threading: any thread; waits a few milliseconds at most, for nobody.
 */
final class Invariants {

  private static final int LOOKS = 20;
  private static final long BETWEEN_NANOS = 200_000;

  /** What a removal may take beyond its budget: the last steps, and a machine that is busy. */
  private static final long GRACE_MICROS = 1_000_000;

  private static final long QUIET_NANOS = 500_000_000;

  private final Engine engine;
  private final LongSupplier clock;
  private final LongSupplier cpu;
  private @Nullable Usage usage;

  Invariants(Engine engine) {
    this(engine, System::nanoTime, () -> cpuNanos(engine.name()));
  }

  /**
   * With another clock.
   *
   * @param cpu processor time of the engine's threads, in nanoseconds
   */
  Invariants(Engine engine, LongSupplier clock, LongSupplier cpu) {
    this.engine = engine;
    this.clock = clock;
    this.cpu = cpu;
  }

  /** Processor time of the engine's threads at one moment. */
  private record Usage(long at, long ended, long cpuNanos) {}

  /** One look at every descriptor. */
  private static final class Scan {
    long slots;
    long free;
    long listedFree;
    long live;
    long prepared;
    long pushed;
    long failedParentsIgnored;
    long tooEarly;
    long onGone;
    long closedMemory;
    long submitted;
    long ended;
    long callbacks;
    boolean still;

    boolean everySlotOnce() {
      return free == listedFree;
    }

    boolean everythingEndsOnce() {
      return submitted == ended + live;
    }
  }

  private Scan scan() {
    final Scan scan = new Scan();
    final Counters c = engine.counters();
    scan.submitted = c.submitted();
    scan.ended = c.ended();
    scan.callbacks = c.callbacks.sum();
    for (DescriptorPool pool : engine.descriptors().pools()) {
      scan.slots += pool.size();
      scan.listedFree += pool.free();
      for (int i = 0; i < pool.size(); i++) {
        look(scan, pool.slot(i));
      }
    }
    scan.still = scan.submitted == c.submitted() && scan.ended == c.ended();
    return scan;
  }

  private void look(Scan scan, Descriptor d) {
    final long word = d.word();
    final int state = Descriptor.state(word);
    switch (state) {
      case Descriptor.FREE -> scan.free++;
      case Descriptor.PREPARED -> scan.prepared++;
      case Descriptor.DONE -> {
        final boolean ignored = d.result == TransferResult.NO_ERROR && d.failedParent() != 0;
        scan.failedParentsIgnored += ignored && d.word() == word ? 1 : 0;
      }
      default -> {
        scan.live++;
        scan.pushed += state == Descriptor.PUSHED ? 1 : 0;
        lookLive(scan, d, word, state);
      }
    }
  }

  private void lookLive(Scan scan, Descriptor d, long word, int state) {
    final boolean early =
        (state == Descriptor.PUSHED || state == Descriptor.QUEUED)
            && d.pending() > (d.edges == 0 ? 1 : 0);
    final Channel channel = d.channel;
    final boolean gone =
        state == Descriptor.PUSHED
            && channel != null
            && (channel.state() == ChannelState.GONE
                || channel.state() == ChannelState.IMPOUNDED
                    && channel.device.removed.getCount() == 0);
    final boolean closed = !d.closedMemory && !engine.buffers().stillNamed(d);
    if (d.word() == word) {
      scan.tooEarly += early ? 1 : 0;
      scan.onGone += gone ? 1 : 0;
      scan.closedMemory += closed ? 1 : 0;
    }
  }

  /** A scan in which all is well, or the last of some. */
  private Scan settled() {
    Scan scan = scan();
    for (int look = 1; look < LOOKS && !well(scan); look++) {
      LockSupport.parkNanos(BETWEEN_NANOS);
      scan = scan();
    }
    return scan;
  }

  private static boolean well(Scan scan) {
    return scan.everySlotOnce()
        && scan.everythingEndsOnce()
        && scan.failedParentsIgnored + scan.tooEarly + scan.onGone + scan.closedMemory == 0;
  }

  /** The invariants that are broken, a line each. */
  List<String> broken() {
    return look().stream()
        .filter(i -> i.verdict().equals("broken"))
        .map(i -> i.id() + " is broken: " + i.statement() + ": " + i.detail())
        .toList();
  }

  /** All fifteen. */
  List<InvariantDTO> look() {
    final Scan scan = settled();
    final Counters c = engine.counters();
    final List<InvariantDTO> all = new ArrayList<>();
    add(
        all,
        "every slot is in exactly one place",
        sum(scan, scan.everySlotOnce()),
        "slots="
            + scan.slots
            + ", free="
            + scan.free
            + ", in free lists="
            + scan.listedFree
            + ", prepared="
            + scan.prepared
            + ", live="
            + scan.live);
    add(
        all,
        "submitted = ended + live",
        sum(scan, scan.everythingEndsOnce()),
        "submitted=" + scan.submitted + ", ended=" + scan.ended + ", live=" + scan.live);
    add(
        all,
        "a result is written once, a callback called once",
        holds(c.endedTwice.sum() == 0 && c.callbacks.sum() <= c.ended()),
        "second endings="
            + c.endedTwice.sum()
            + ", callbacks="
            + scan.callbacks
            + ", ended="
            + scan.ended);
    add(
        all,
        "no driver is entered after its channel is gone",
        holds(driversCutOff()),
        "calls turned away=" + c.afterGone.sum());
    add(
        all,
        "a removal leaves nothing with the device",
        holds(scan.onGone == 0),
        "with a device that left=" + scan.onGone + ", with devices=" + scan.pushed);
    add(
        all,
        "what is not repeatable runs at most once, every success at least once",
        "unknown",
        "counted by the storm's observer");
    add(
        all,
        "no destination is written after the end",
        "unknown",
        "shown by the storm's guard zones");
    add(
        all,
        "no child goes to a driver before all its parents ended",
        holds(scan.tooEarly == 0),
        "too early=" + scan.tooEarly);
    add(
        all,
        "no child of a failed parent succeeds",
        holds(scan.failedParentsIgnored == 0),
        "succeeded all the same=" + scan.failedParentsIgnored);
    add(
        all,
        "no live operation names a closed buffer",
        holds(scan.closedMemory == 0),
        "operations on closed buffers=" + scan.closedMemory);
    final long unparks = c.unparks.sum();
    final long parks = c.parks.sum() + engine.channelCount();
    add(
        all,
        "no more wake-ups than parks",
        holds(unparks <= parks),
        "unparks=" + unparks + ", parks and workers=" + parks);
    removals(all);
    add(
        all,
        "class loaders of old drivers are collected",
        "unknown",
        "shown by the test of many updates");
    pools(all);
    idle(all);
    return all;
  }

  private static void add(List<InvariantDTO> all, String statement, String verdict, String detail) {
    all.add(new InvariantDTO("I" + (all.size() + 1), statement, verdict, detail));
  }

  private static String holds(boolean holds) {
    return holds ? "holds" : "broken";
  }

  private static String sum(Scan scan, boolean holds) {
    return holds ? "holds" : scan.still ? "broken" : "unknown";
  }

  /** Whether every channel that is gone has let go of its driver. */
  private boolean driversCutOff() {
    for (Device device : engine.devices()) {
      for (ChannelSlot slot : device.slots()) {
        final Channel channel = slot.channel();
        if (channel != null
            && channel.state() == ChannelState.GONE
            && !(channel.ops() instanceof GoneOps)) {
          return false;
        }
      }
    }
    return true;
  }

  private void removals(List<InvariantDTO> all) {
    final long budget = engine.config().removalBudgetMillis() * 1000;
    long longest = 0;
    String device = "none";
    for (RemovalDTO removal : engine.removals()) {
      if (removal.micros() >= longest) {
        longest = removal.micros();
        device = removal.device();
      }
    }
    add(
        all,
        "a removal stays within its budget",
        holds(longest <= budget + GRACE_MICROS),
        "longest=" + longest + " us, device=" + device + ", budget=" + budget + " us");
  }

  /** Every pool but the engine's own is lent to an open channel, or waits to be lent again. */
  private void pools(List<InvariantDTO> all) {
    long open = 0;
    int pools = 0;
    int retired = 0;
    for (int look = 0; look < LOOKS; look++) {
      retired = engine.descriptors().retired();
      open =
          engine.devices().stream()
              .flatMap(d -> d.slots().stream())
              .filter(s -> s.channel() != null)
              .count();
      pools = engine.descriptors().pools().length;
      if (pools <= 1 + open + retired) {
        break;
      }
      LockSupport.parkNanos(BETWEEN_NANOS);
    }
    add(
        all,
        "pools do not grow with generations of drivers",
        holds(pools <= 1 + open + retired),
        "pools=" + pools + ", open channels=" + open + ", to be lent again=" + retired);
  }

  /** What the engine's threads used since the last look, if nothing ended meanwhile. */
  private synchronized void idle(List<InvariantDTO> all) {
    final Usage before = usage;
    final Usage now = new Usage(clock.getAsLong(), engine.counters().ended(), cpu.getAsLong());
    usage = now;
    final String statement = "a worker with nothing to do uses no processor";
    if (before == null || now.ended() != before.ended()) {
      add(all, statement, "unknown", "looks again next time, if nothing ends until then");
      return;
    }
    final long elapsed = now.at() - before.at();
    if (elapsed < QUIET_NANOS) {
      usage = before;
      add(all, statement, "unknown", "looked " + elapsed / 1_000_000 + " ms ago");
      return;
    }
    final long used = now.cpuNanos() - before.cpuNanos();
    final boolean working = scan().live != 0;
    add(
        all,
        statement,
        working ? "unknown" : holds(used <= elapsed / 4),
        "used=" + used / 1_000_000 + " ms of " + elapsed / 1_000_000 + " ms");
  }

  /** Of the threads that serve; those that warm kernels or run a client's code are its own. */
  private static long cpuNanos(String engine) {
    final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    final String prefix = "dma-" + engine + '-';
    long nanos = 0;
    for (ThreadInfo info : threads.getThreadInfo(threads.getAllThreadIds())) {
      final String name = info == null ? "" : info.getThreadName();
      if (info != null
          && name.startsWith(prefix)
          && !name.equals(prefix + "warm")
          && !name.equals(prefix + "chain")) {
        nanos += Math.max(0, threads.getThreadCpuTime(info.getThreadId()));
      }
    }
    return nanos;
  }
}
