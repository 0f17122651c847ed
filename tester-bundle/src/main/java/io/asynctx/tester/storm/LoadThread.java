package io.asynctx.tester.storm;

import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.memory.BufferInUseException;
import io.asynctx.memory.DmaBuffer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One submitter: hands its chains over on lanes taken in turn, judges what has ended before it uses
 * a lane again, and changes between a steady load and bursts: hand over for a millisecond, stop,
 * and everything must end by itself.
 *
 * <p>Threading: {@link #run} on one thread; {@link #rest} and the results when that has ended.
 */
final class LoadThread implements Runnable {

  /** So many chains steady, then so many in bursts. */
  private static final int STEADY = 256;

  private static final int BURSTS = 96;

  private static final long BURST_NANOS = 1_000_000;
  private static final long LOOK_NANOS = 5_000_000;

  private final Storm storm;
  private final Stage stage;
  private final Planner planner;
  private final int number;
  private final Submitter submitter;
  private final Map<LaneSize, List<Slot>> slots = new EnumMap<>(LaneSize.class);
  private final Map<LaneSize, Integer> turn = new EnumMap<>(LaneSize.class);
  private final List<Lane> abandoned = new ArrayList<>();
  private final Histogram inFlight = new Histogram();
  private final Histogram latency = new Histogram();

  /** A place for a lane and the chain on it. */
  private static final class Slot {
    private @Nullable Lane lane;
    private volatile @Nullable Flight flight;
  }

  LoadThread(Storm storm, Stage stage, Planner planner, int number) {
    this.storm = storm;
    this.stage = stage;
    this.planner = planner;
    this.number = number;
    this.submitter = new Submitter(storm.book());
    for (LaneSize size : LaneSize.values()) {
      final List<Slot> all = new ArrayList<>();
      for (int i = 0; i < size.lanes; i++) {
        all.add(new Slot());
      }
      slots.put(size, all);
      turn.put(size, 0);
    }
  }

  int number() {
    return number;
  }

  Histogram inFlight() {
    return inFlight;
  }

  Histogram latency() {
    return latency;
  }

  @Override
  public void run() {
    long burst = System.nanoTime();
    for (int chain = 0; planner.more() && !storm.stop().asked(); chain++) {
      launch(planner.chain());
      if (chain % (STEADY + BURSTS) >= STEADY && System.nanoTime() - burst > BURST_NANOS) {
        quiesce();
        burst = System.nanoTime();
      }
    }
    quiesce();
  }

  private void launch(ChainPlan plan) {
    final Slot slot = next(plan.size());
    final Flight before = slot.flight;
    if (before != null && !land(before)) {
      return; // the run is over
    }
    settle(slot);
    storm.pace().take(plan.ops().size(), storm.stop());
    Lane lane = null;
    Services services = stage.services();
    while (lane == null && !storm.stop().asked()) {
      services = stage.services();
      lane = lane(slot, services, plan);
    }
    if (lane != null) {
      final Flight flight = submitter.launch(services.async(), plan, lane, true);
      slot.flight = flight;
      if (flight.cut()) {
        awaitEngine(services);
      }
      inFlight.add(storm.ledger().inFlight());
    }
  }

  /** An engine that stops takes nothing; nothing is gained by asking again before the next one. */
  private void awaitEngine(Services stopped) {
    while (stage.services() == stopped
        && storm.weather().engineStopping()
        && !storm.stop().asked()) {
      Stop.parked(LOOK_NANOS);
    }
  }

  private Slot next(LaneSize size) {
    final List<Slot> all = Objects.requireNonNull(slots.get(size));
    final int at = Objects.requireNonNull(turn.put(size, 0));
    turn.put(size, (at + 1) % all.size());
    return all.get(at);
  }

  /** Waits until a chain has ended, without helping; false if the run is over before. */
  private boolean land(Flight flight) {
    while (!flight.landed()) {
      if (storm.stop().asked()) {
        return false;
      }
      Stop.parked(LOOK_NANOS);
    }
    return true;
  }

  private void quiesce() {
    for (List<Slot> all : slots.values()) {
      for (Slot slot : all) {
        final Flight flight = slot.flight;
        if (flight != null && land(flight)) {
          settle(slot);
        }
      }
    }
  }

  /** Judges the chain that has ended on a lane. */
  private void settle(Slot slot) {
    final Flight flight = slot.flight;
    if (flight == null) {
      return;
    }
    slot.flight = null;
    latency.add(flight.tookNanos());
    if (storm.judge().judge(flight)) {
      submitter.forget(flight);
    } else {
      abandoned.add(flight.lane); // its device may still write there
      slot.lane = null;
    }
  }

  /** A lane filled for a chain; null if the engine that would lend it stops. */
  private @Nullable Lane lane(Slot slot, Services services, ChainPlan plan) {
    try {
      Lane lane = slot.lane;
      if (lane != null) {
        undisturbed(lane);
        if (lane.epoch != services.epoch()) {
          storm.executions().disown(lane.address()); // its memory went with its engine
          lane = null;
        }
      }
      if (lane == null) {
        final DmaBuffer buffer = services.buffers().allocate(plan.size().bytes());
        final MemorySegment memory = buffer.segment();
        storm.executions().own(memory.address(), memory.byteSize());
        lane = new Lane(plan.size(), buffer, memory, services.epoch());
        slot.lane = lane;
      }
      lane.fill(plan, storm.pool());
      return lane;
    } catch (EngineStoppedException e) {
      Storm.LOG.debug("engine stops: {}", e.getMessage());
    } catch (IllegalStateException e) {
      if (slot.lane != null && slot.lane.alive()) {
        throw e;
      }
    }
    Stop.parked(LOOK_NANOS);
    return null;
  }

  private void undisturbed(Lane lane) {
    final long at = lane.disturbed();
    if (at >= 0) {
      storm
          .violations()
          .add("written after the end", "size=" + lane.size() + ", byte=" + at + " of the lane");
    }
  }

  /** Looks at every lane once more, and gives the memory back. */
  void rest() {
    for (List<Slot> all : slots.values()) {
      for (Slot slot : all) {
        final Lane lane = slot.lane;
        if (lane != null) {
          undisturbed(lane);
          close(lane);
        }
      }
    }
    for (Lane lane : abandoned) {
      final DmaBuffer buffer = lane.buffer();
      if (buffer != null) {
        buffer.closeWhenIdle();
      }
    }
  }

  private void close(Lane lane) {
    storm.executions().disown(lane.address());
    final DmaBuffer buffer = lane.buffer();
    if (buffer == null || lane.epoch != stage.services().epoch()) {
      return;
    }
    try {
      buffer.close();
    } catch (BufferInUseException e) {
      storm
          .violations()
          .add("buffer in use though everything ended", String.valueOf(e.getMessage()));
    }
  }

  /** A chain's operation in words, if it is on its way here; else empty. */
  String text(int operation) {
    for (List<Slot> all : slots.values()) {
      for (Slot slot : all) {
        final Flight flight = slot.flight;
        if (flight != null) {
          final int index = operation - flight.plan.first();
          if (index >= 0 && index < flight.plan.ops().size()) {
            return flight.text(index) + ", handle=" + flight.snapshot(index);
          }
        }
      }
    }
    return "";
  }
}
