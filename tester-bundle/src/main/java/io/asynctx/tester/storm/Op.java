package io.asynctx.tester.storm;

import java.util.ArrayList;
import java.util.List;

/**
 * One planned operation of a chain. Operands are regions of the chain's lane, by number; of each,
 * the operation takes the bytes from {@code shift} on. Operations of one chain have different
 * shifts, so that the address a device is given tells which of them it is.
 *
 * <pre>
 *  kind        destinations   sources
 *  COPY        to             from
 *  MOVE        the region     the same region, {@code distance} bytes further (before, if negative)
 *  FILL        to             -
 *  XOR         to             two or more
 *  XOR_INTO    to             to, then one or more
 *  XOR_VAL     -              two or more
 *  PQ, PQ_INTO P, Q           data
 *  PQ_VAL      -              data, P, Q
 *  RECOVER     the lost two   data, P, Q
 *  INTERRUPT   -              -
 * </pre>
 *
 * @param kind what it does
 * @param shift where in the regions it begins, in bytes
 * @param length in bytes; 0 for an interrupt
 * @param destinations regions written; {@link #NONE} for a syndrome that is not wanted
 * @param sources regions read
 * @param value of a fill
 * @param distance of a move
 * @param failed of a recovery: the indexes of the lost blocks among the sources
 * @param parents numbers of earlier operations of the chain it waits for
 * @param terms under which it is submitted
 */
record Op(
    OpKind kind,
    int shift,
    int length,
    List<Integer> destinations,
    List<Integer> sources,
    byte value,
    int distance,
    List<Integer> failed,
    List<Integer> parents,
    Terms terms) {

  /** No region. */
  static final int NONE = -1;

  Op {
    destinations = List.copyOf(destinations);
    sources = List.copyOf(sources);
    failed = List.copyOf(failed);
    parents = List.copyOf(parents);
  }

  /** Regions it writes. */
  List<Integer> writes() {
    return destinations.stream().filter(r -> r != NONE).toList();
  }

  /** Regions it touches at all. */
  List<Integer> touches() {
    final List<Integer> all = new ArrayList<>(writes());
    all.addAll(sources);
    return all;
  }

  /** Whether one of two operations writes what the other touches. */
  boolean conflictsWith(Op other) {
    return writes().stream().anyMatch(other.touches()::contains)
        || other.writes().stream().anyMatch(touches()::contains);
  }

  /** The regions whose addresses name it to an observer: those written, else the first read. */
  List<Integer> named() {
    if (kind == OpKind.INTERRUPT) {
      return List.of();
    }
    return kind.checks() ? sources.subList(0, 1) : writes();
  }
}
