package io.asynctx.tester.storm;

import static io.asynctx.async.AsyncTxFlags.ACK;
import static io.asynctx.async.AsyncTxFlags.PQ_XOR_DST;
import static io.asynctx.async.AsyncTxFlags.XOR_DROP_DST;
import static io.asynctx.async.AsyncTxFlags.XOR_ZERO_DST;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.Chain;
import io.asynctx.async.ChainBuilder;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.StaleDescriptorException;
import io.asynctx.dmaengine.SumCheck;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Hands planned chains to the engine.
 *
 * <p>Threading: one thread.
 */
final class Submitter {

  private final Book book;
  private final SubmitControl control = new SubmitControl();

  Submitter(Book book) {
    this.book = book;
  }

  /**
   * Hands a chain over, whole unless the engine stops meanwhile.
   *
   * @param acknowledge whether to acknowledge; else that is left to the stop of the client
   * @return the chain on its way
   */
  Flight launch(AsyncTx async, ChainPlan plan, Lane lane, boolean acknowledge) {
    final Flight flight = new Flight(book, async, plan, lane);
    name(flight, true);
    if (plan.builder()) {
      build(async, flight);
    } else {
      submit(async, flight, acknowledge);
    }
    flight.launched();
    return flight;
  }

  /** The addresses of a chain that was judged name nothing any more. */
  void forget(Flight flight) {
    name(flight, false);
  }

  private void name(Flight flight, boolean known) {
    for (int i = 0; i < flight.plan.ops().size(); i++) {
      final Op op = flight.plan.ops().get(i);
      for (int region : op.named()) {
        final long address = flight.lane.address() + flight.plan.at(region, op.shift());
        if (known) {
          book.executions().name(address, flight.plan.first() + i);
        } else {
          book.executions().forget(address, flight.plan.first() + i);
        }
      }
    }
  }

  private void submit(AsyncTx async, Flight flight, boolean acknowledge) {
    final List<Op> ops = flight.plan.ops();
    int sent = 0;
    try {
      for (; sent < ops.size(); sent++) {
        flight.entered(sent);
        final Op op = ops.get(sent);
        final boolean leaf = acknowledge && leaf(ops, sent);
        control.with(flags(op.kind()) | (leaf ? ACK : 0), AsyncTx.NONE);
        for (int parent : op.parents()) {
          control.after(flight.handle(parent));
        }
        control
            .callback(flight, sent)
            .policy(op.terms().policy)
            .allowSynchronous(op.terms() == Terms.CALLER);
        flight.handle(sent, submit(async, flight, op));
        if (flight.handle(sent) == AsyncTx.NONE) {
          book.violations().add("no descriptor though the policy waits", flight.text(sent));
          flight.refused(sent);
          break;
        }
      }
    } catch (RuntimeException e) {
      flight.refused(sent);
      book.refused(flight, sent, e);
    }
    for (int i = sent + 1; i < ops.size(); i++) {
      flight.unsent(i);
    }
    issue(async, flight, acknowledge ? sent : 0);
  }

  /** Acknowledges what may have been a parent, and issues. */
  private void issue(AsyncTx async, Flight flight, int sent) {
    try {
      for (int i = 0; i < sent; i++) {
        if (!leaf(flight.plan.ops(), i)) {
          async.ack(flight.handle(i));
        }
      }
      async.issuePendingAll();
    } catch (EngineStoppedException | StaleDescriptorException e) {
      book.refused(flight, 0, e);
    }
  }

  private static boolean leaf(List<Op> ops, int index) {
    for (int i = index + 1; i < ops.size(); i++) {
      if (ops.get(i).parents().contains(index)) {
        return false;
      }
    }
    return true;
  }

  private long submit(AsyncTx async, Flight flight, Op op) {
    final @Nullable MemorySegment[] to = parts(flight, op, op.destinations(), 0);
    final @Nullable MemorySegment[] from = parts(flight, op, op.sources(), op.distance());
    return switch (op.kind()) {
      case COPY, MOVE -> async.memcpy(some(to[0]), some(from[0]), op.length(), control);
      case FILL -> async.memset(some(to[0]), op.value(), op.length(), control);
      case XOR, XOR_INTO -> async.xor(some(to[0]), all(from), from.length, op.length(), control);
      case XOR_VAL -> async.xorVal(all(from), from.length, op.length(), check(flight, op), control);
      case PQ, PQ_INTO -> async.pq(stripe(from, to), from.length + 2, op.length(), control);
      case PQ_VAL -> async.pqVal(from, from.length, op.length(), check(flight, op), control);
      case RECOVER -> recover(async, op, from);
      case INTERRUPT -> async.triggerCallback(control);
    };
  }

  private long recover(AsyncTx async, Op op, @Nullable MemorySegment[] blocks) {
    final int a = op.failed().get(0);
    final int b = op.failed().get(1);
    return b == blocks.length - 2
        ? async.raid6DataAndPRecovery(blocks, blocks.length, op.length(), a, control)
        : async.raid6TwoDataRecovery(blocks, blocks.length, op.length(), a, b, control);
  }

  private static SumCheck check(Flight flight, Op op) {
    return flight.checks[flight.plan.ops().indexOf(op)];
  }

  private static long flags(OpKind kind) {
    return switch (kind) {
      case XOR -> XOR_ZERO_DST;
      case XOR_INTO -> XOR_DROP_DST;
      case PQ_INTO -> PQ_XOR_DST;
      default -> 0;
    };
  }

  private static @Nullable MemorySegment[] parts(
      Flight flight, Op op, List<Integer> regions, int distance) {
    final @Nullable MemorySegment[] parts = new MemorySegment[regions.size()];
    for (int i = 0; i < parts.length; i++) {
      final int region = regions.get(i);
      parts[i] =
          region == Op.NONE
              ? null
              : flight.lane.part(flight.plan.at(region, op.shift()) + distance, op.length());
    }
    return parts;
  }

  private static MemorySegment some(@Nullable MemorySegment part) {
    return Objects.requireNonNull(part);
  }

  private static MemorySegment[] all(@Nullable MemorySegment[] parts) {
    return Arrays.stream(parts).map(Submitter::some).toArray(MemorySegment[]::new);
  }

  private static @Nullable MemorySegment[] stripe(
      @Nullable MemorySegment[] data, @Nullable MemorySegment[] syndromes) {
    final @Nullable MemorySegment[] stripe = Arrays.copyOf(data, data.length + 2);
    stripe[data.length] = syndromes[0];
    stripe[data.length + 1] = syndromes[1];
    return stripe;
  }

  private void build(AsyncTx async, Flight flight) {
    final List<Op> ops = flight.plan.ops();
    try {
      final ChainBuilder builder = async.chain("storm-" + flight.plan.first());
      for (int i = 0; i < ops.size(); i++) {
        add(builder, flight, ops.get(i), "s" + i);
        builder.stepPolicy(ops.get(i).terms().policy);
      }
      final Chain chain = builder.build();
      for (int i = 0; i < ops.size(); i++) {
        flight.entered(i);
      }
      flight.completed(chain.submit());
    } catch (RuntimeException e) {
      for (int i = 0; i < ops.size(); i++) {
        if (book.ledger().isSubmitted(flight.plan.first() + i)) {
          flight.refused(i);
        } else {
          flight.unsent(i);
        }
      }
      book.refused(flight, 0, e);
    }
  }

  private static void add(ChainBuilder builder, Flight flight, Op op, String name) {
    final @Nullable MemorySegment[] to = parts(flight, op, op.destinations(), 0);
    final @Nullable MemorySegment[] from = parts(flight, op, op.sources(), op.distance());
    switch (op.kind()) {
      case COPY, MOVE -> builder.copy(name, some(to[0]), some(from[0]));
      case FILL -> builder.fill(name, some(to[0]), op.value());
      case XOR, XOR_INTO -> builder.xor(name, some(to[0]), all(from));
      case XOR_VAL -> builder.xorVal(name, all(from));
      case PQ -> builder.pq(name, stripe(from, to));
      case PQ_VAL -> builder.pqVal(name, from);
      case RECOVER -> builder.recover(name, op.failed().get(0), op.failed().get(1), from);
      case PQ_INTO, INTERRUPT ->
          throw new IllegalStateException("the builder has no such step: kind=" + op.kind());
    }
  }
}
