package io.asynctx.tester.storm;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.driver.Transfer;
import io.asynctx.dmaengine.driver.TransferObserver;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Counts executions where they happen: devices say when they are about to touch the first byte of a
 * transfer, and the address of what it writes, or of the first thing it reads, names the operation.
 *
 * <p>Threading: any thread.
 */
final class Executions implements TransferObserver {

  private final Ledger ledger;
  private final Violations violations;
  private final Map<Long, Integer> operations = new ConcurrentHashMap<>();
  private final ConcurrentSkipListMap<Long, Long> lanes = new ConcurrentSkipListMap<>();
  private volatile Listener listener = (channel, kind, operation) -> {};
  private final AtomicLong foreign = new AtomicLong();

  Executions(Ledger ledger, Violations violations) {
    this.ledger = ledger;
    this.violations = violations;
  }

  /** Memory in which every execution must be that of a known operation. */
  void own(long address, long bytes) {
    lanes.put(address, address + bytes);
  }

  /** Memory that is given back. */
  void disown(long address) {
    lanes.remove(address);
  }

  /** The memory of all lanes went with its engine; others may get its addresses. */
  void disownAll() {
    lanes.clear();
  }

  /** From now on an address names an operation. */
  void name(long address, int operation) {
    operations.put(address, operation);
  }

  /** The address names it no more. */
  void forget(long address, int operation) {
    operations.remove(address, operation);
  }

  /** Executions that had to do with nothing of the storm's, e.g. self-tests. */
  long foreign() {
    return foreign.get();
  }

  /** Tells a listener of every execution of a known operation, in the order of its channel. */
  void listen(Listener listener) {
    this.listener = listener;
  }

  /** Told of executions. */
  @FunctionalInterface
  interface Listener {
    void begins(String channel, DmaCap kind, int operation);
  }

  @Override
  public void begins(String channel, Transfer transfer) {
    final MemorySegment named = named(transfer);
    if (named == null) {
      return; // no data
    }
    final Integer operation = operations.get(named.address());
    if (operation != null) {
      ledger.begins(operation, transfer.offset() == 0);
      listener.begins(channel, transfer.operation(), operation);
      return;
    }
    final Map.Entry<Long, Long> lane = lanes.floorEntry(named.address());
    if (lane == null || named.address() >= lane.getValue()) {
      foreign.getAndIncrement();
      return;
    }
    violations.add(
        "stray execution",
        "channel="
            + channel
            + ", operation="
            + transfer.operation()
            + ", offset="
            + transfer.offset()
            + ", at=lane+"
            + (named.address() - lane.getKey())
            + "; no operation there is in flight");
  }

  private static @Nullable MemorySegment named(Transfer transfer) {
    for (int i = 0; i < transfer.destinations(); i++) {
      final MemorySegment destination = transfer.destination(i);
      if (destination != null) {
        return destination;
      }
    }
    return transfer.sources() == 0 ? null : transfer.source(0);
  }
}
