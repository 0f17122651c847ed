package io.asynctx.cpu;

import static org.junit.jupiter.api.Assertions.fail;

import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.CompletionSink;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Keeps what was reported, and fails on a second report of one tag. */
final class TestSink implements CompletionSink {
  record Report(String how, TransferResult result, long residue, int sumCheck) {}

  private final Map<Long, Report> reports = new LinkedHashMap<>();
  private Runnable then = () -> {};

  @Override
  public void completed(long tag, TransferResult result, long residue) {
    add(tag, new Report("completed", result, residue, 0));
  }

  @Override
  public void validated(long tag, int sumCheck) {
    add(tag, new Report("validated", TransferResult.NO_ERROR, 0, sumCheck));
  }

  @Override
  public void stopped(long tag, TransferResult reason, long done) {
    add(tag, new Report("stopped", reason, done, 0));
  }

  @Override
  public void notStarted(long tag) {
    add(tag, new Report("notStarted", TransferResult.ABORTED, 0, 0));
  }

  private void add(long tag, Report report) {
    final Report before = reports.put(tag, report);
    if (before != null) {
      fail("reported twice: tag=" + tag + ", first=" + before + ", second=" + report);
    }
    then.run();
  }

  /** What happens inside each report. */
  void then(Runnable action) {
    then = action;
  }

  Report of(long tag) {
    final Report report = reports.get(tag);
    return report != null ? report : fail("not reported: tag=" + tag + ", reports=" + reports);
  }

  Set<Long> tags() {
    return reports.keySet();
  }
}
