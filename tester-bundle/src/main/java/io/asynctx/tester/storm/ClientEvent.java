package io.asynctx.tester.storm;

import io.asynctx.async.AsyncTx;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.StaleDescriptorException;
import io.asynctx.memory.DmaBuffer;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

/**
 * A client bundle that is stopped with work on its way: no callback may come after that, and still
 * every operation must end, which its handle shows.
 *
 * <p>Threading: the thread of the events.
 */
final class ClientEvent {

  /** Operations of one event. */
  static final int OPERATIONS = 48;

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long LOOK_NANOS = 100_000;

  private final Storm storm;
  private final Stage stage;
  private final long seed;
  private int next;

  /**
   * Its operations are numbered from here.
   *
   * @param first number in the ledger
   */
  ClientEvent(Storm storm, Stage stage, long seed, int first) {
    this.storm = storm;
    this.stage = stage;
    this.seed = seed;
    this.next = first;
  }

  void happen(EventPlan event) throws BundleException {
    final Planner planner =
        new Planner(seed, 1000 + event.number(), next, OPERATIONS, Planner.Style.DESCRIPTORS);
    next += OPERATIONS;
    final Bundle bundle = stage.client();
    final Services services = stage.services();
    final AsyncTx async = Services.async(bundle.getBundleContext(), stage.engine(), PATIENCE);
    final Submitter submitter = new Submitter(storm.book());
    final List<Flight> flights = new ArrayList<>();
    while (planner.more()) {
      final ChainPlan plan = planner.chain();
      final Lane lane = lane(services, plan.size());
      lane.fill(plan, storm.pool());
      flights.add(submitter.launch(async, plan, lane, false));
    }
    bundle.stop(Bundle.STOP_TRANSIENT);
    flights.forEach(Flight::desert);
    for (Flight flight : flights) {
      land(services, flight);
    }
    bundle.start(Bundle.START_TRANSIENT);
    for (Flight flight : flights) {
      storm.judge().judge(flight);
      submitter.forget(flight);
      storm.executions().disown(flight.lane.address());
      final DmaBuffer buffer = flight.lane.buffer();
      if (buffer != null) {
        buffer.closeWhenIdle();
      }
    }
  }

  private Lane lane(Services services, LaneSize size) {
    final DmaBuffer buffer = services.buffers().allocate(size.bytes());
    final MemorySegment memory = buffer.segment();
    storm.executions().own(memory.address(), memory.byteSize());
    return new Lane(size, buffer, memory, services.epoch());
  }

  private void land(Services services, Flight flight) {
    final long deadline = System.nanoTime() + PATIENCE.toNanos();
    for (int i = 0; i < flight.plan.ops().size(); i++) {
      final int number = flight.plan.first() + i;
      if (flight.wasRefused(i)) {
        continue;
      }
      while (storm.ledger().ended(number) == 0 && !over(services, flight.handle(i))) {
        if (System.nanoTime() - deadline >= 0) {
          storm.violations().add("lost", "client stopped, " + flight.text(i));
          return; // its memory is not touched
        }
        Stop.parked(LOOK_NANOS);
      }
      storm.ledger().deserted(number);
    }
    flight.lane.seal();
  }

  private static boolean over(Services services, long handle) {
    try {
      return services.async().status(handle) != DmaStatus.IN_PROGRESS;
    } catch (StaleDescriptorException | EngineStoppedException e) {
      return true; // its slot was given to somebody else, or to nobody
    }
  }
}
