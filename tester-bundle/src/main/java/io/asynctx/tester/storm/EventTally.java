package io.asynctx.tester.storm;

import io.asynctx.dmaengine.dto.ActionDTO;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * What became of the events of one kind.
 *
 * <p>Threading: the thread of the events; the row is read when that has ended.
 */
final class EventTally {

  private final EventKind kind;
  private int count;
  private int removals;
  private int foundQueued;
  private int foundInFlight;
  private long drained;
  private long moved;
  private long rerun;
  private long aborted;
  private int impounded;
  private long longestMicros;
  private long longestMillis;
  private long allMillis;
  private int healed;
  private long fired;

  EventTally(EventKind kind) {
    this.kind = kind;
  }

  /** An event is over. */
  void happened(long millis) {
    count++;
    allMillis += millis;
    longestMillis = Math.max(longestMillis, millis);
  }

  /**
   * A driver left, if it did. Its device and the decorator in front of it leave one after the
   * other, and count as one.
   *
   * @param device name of its device
   * @param all what left during the event
   */
  void removals(String device, List<RemovalDTO> all) {
    final List<RemovalDTO> own = all.stream().filter(r -> r.device().startsWith(device)).toList();
    if (own.isEmpty()) {
      return;
    }
    removals++;
    foundQueued += own.stream().anyMatch(r -> r.queued() > 0) ? 1 : 0;
    foundInFlight += own.stream().anyMatch(r -> r.inFlight() > 0) ? 1 : 0;
    for (RemovalDTO removal : own) {
      drained += removal.drained();
      moved += removal.moved();
      rerun += removal.rerun();
      aborted += removal.aborted();
      impounded += removal.impounded();
      longestMicros = Math.max(longestMicros, removal.micros());
    }
  }

  void action(ActionDTO action) {
    for (ActionDTO.Channel channel : action.channels()) {
      moved += channel.moved();
      rerun += channel.rerun();
      aborted += channel.aborted();
    }
  }

  /** A driver did not come back by itself and was restarted. */
  void healed() {
    healed++;
  }

  /** A fault was injected so often. */
  void fired(long times) {
    fired += times;
  }

  Row row() {
    return new Row(
        kind.label(),
        count,
        fired,
        removals,
        foundQueued,
        foundInFlight,
        drained,
        moved,
        rerun,
        aborted,
        impounded,
        healed,
        longestMicros,
        allMillis / Math.max(1, count),
        longestMillis);
  }

  /**
   * What the report says of one kind of event.
   *
   * @param event the kind
   * @param count how often it happened
   * @param fired how often an injected fault came about; 0 for other events
   * @param removals drivers removed by it, decorators included
   * @param foundQueued of these, how many found operations queued
   * @param foundInFlight of these, how many found operations with the device
   * @param drained operations that the device completed while it was removed
   * @param moved operations that had not been started and went elsewhere
   * @param rerun operations that had been taken and were run again elsewhere
   * @param aborted operations that ended without being run again
   * @param impounded channels that could not be shown to be quiet
   * @param healed how often a driver had to be restarted to be served again
   * @param longestRemovalMicros the longest removal
   * @param meanMillis an event, on average
   * @param longestMillis the longest event, until the platform was whole again
   */
  record Row(
      String event,
      int count,
      long fired,
      int removals,
      int foundQueued,
      int foundInFlight,
      long drained,
      long moved,
      long rerun,
      long aborted,
      int impounded,
      int healed,
      long longestRemovalMicros,
      long meanMillis,
      long longestMillis) {}

  static int sum(List<Row> rows, ToIntFunction<Row> what) {
    return rows.stream().mapToInt(what).sum();
  }
}
