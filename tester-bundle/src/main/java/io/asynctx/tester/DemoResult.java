package io.asynctx.tester;

import java.util.ArrayList;
import java.util.List;

/**
 * What a demo came to, as written by {@code --json}.
 *
 * @param input the file
 * @param bytes its size
 * @param sha256In its hash, by a read of its own
 * @param sha256Out hash of the recovered file, by a second read of that file
 * @param submitted operations handed to AsyncTx, by the job's own count
 * @param ended how these ended, by their callbacks
 * @param callbacks callbacks that ran
 * @param byProvider operations of each channel of each driver version
 * @param synchronous operations that ran without a channel
 * @param displaced operations that waited without a channel, wherever they then ran
 * @param events what happened to drivers meanwhile
 * @param seconds the time it took
 * @param stripes stripes of the array
 * @param failures what did not hold; empty iff the exit code is 0
 */
record DemoResult(
    String input,
    long bytes,
    String sha256In,
    String sha256Out,
    long submitted,
    Ended ended,
    long callbacks,
    List<Ledger.Share> byProvider,
    long synchronous,
    long displaced,
    List<Events.Event> events,
    double seconds,
    long stripes,
    List<String> failures) {

  /** At least this share of the operations must have run on channels. */
  private static final double LEAST_ON_CHANNELS = 0.90;

  /**
   * How operations ended.
   *
   * @param ok with no error
   * @param error with an error that is neither of those below
   * @param aborted aborted or cancelled
   */
  record Ended(long ok, long error, long aborted) {

    long sum() {
      return ok + error + aborted;
    }
  }

  long onChannels() {
    return byProvider.stream().mapToLong(Ledger.Share::operations).sum();
  }

  /**
   * What does not hold, besides what is known already.
   *
   * @param driver symbolic name of the bundle that was updated
   * @param versions the versions it must have run operations in
   */
  List<String> judge(String driver, List<String> versions, String firstFailure) {
    final Judgement judgement = new Judgement();
    judgement.require(
        sha256In.equals(sha256Out),
        "recovered file differs: sha256In=" + sha256In + ", sha256Out=" + sha256Out);
    judgement.require(
        submitted == ended.sum() && submitted == callbacks,
        "operations lost or ended twice: submitted=%d, ended=%d, callbacks=%d"
            .formatted(submitted, ended.sum(), callbacks));
    judgement.require(
        submitted == onChannels() + synchronous,
        "providers do not add up: submitted=%d, byProvider=%d, synchronous=%d"
            .formatted(submitted, onChannels(), synchronous));
    judgement.require(
        onChannels() >= LEAST_ON_CHANNELS * submitted,
        "too few operations ran on channels: onChannels=%d, submitted=%d, least=%.0f %%"
            .formatted(onChannels(), submitted, 100 * LEAST_ON_CHANNELS));
    judgement.require(
        ended.error() == 0 && ended.aborted() == 0,
        "operations failed: error=%d, aborted=%d, first: %s"
            .formatted(ended.error(), ended.aborted(), firstFailure));
    for (String version : versions) {
      judgement.require(
          byProvider.stream()
              .anyMatch(s -> s.bundle().equals(driver) && s.bundleVersion().equals(version)),
          "a driver version ran nothing: bundle=" + driver + ", version=" + version);
    }
    judgement.require(
        versions.size() > 1,
        "the driver was not updated: bundle=" + driver + ", versions=" + versions);
    judgeEvents(judgement);
    return judgement.failures;
  }

  private void judgeEvents(Judgement judgement) {
    judgement.require(
        events.stream().anyMatch(e -> e.kind().equals("update")),
        "no update found enough operations: least=" + Events.LEAST_FOUND + ", events=" + events);
    for (Events.Event event : events) {
      judgement.require(
          event.accountedFor(),
          "an event lost operations: kind=%s, queued=%d, inFlight=%d, drained=%d, moved=%d, rerun=%d, aborted=%d"
              .formatted(
                  event.kind(),
                  event.queued(),
                  event.inFlight(),
                  event.drained(),
                  event.moved(),
                  event.rerun(),
                  event.aborted()));
    }
    for (String kind : List.of("add-device", "remove-device")) {
      judgement.require(
          events.stream().anyMatch(e -> e.kind().equals(kind)),
          "event did not happen: kind=" + kind);
    }
  }

  DemoResult with(List<String> all) {
    return new DemoResult(
        input,
        bytes,
        sha256In,
        sha256Out,
        submitted,
        ended,
        callbacks,
        byProvider,
        synchronous,
        displaced,
        events,
        seconds,
        stripes,
        List.copyOf(all));
  }

  private static final class Judgement {
    private final List<String> failures = new ArrayList<>();

    void require(boolean holds, String otherwise) {
      if (!holds) {
        failures.add(otherwise);
      }
    }
  }
}
