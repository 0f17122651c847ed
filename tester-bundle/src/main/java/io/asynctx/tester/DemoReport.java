package io.asynctx.tester;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Prints what a demo came to, for people. */
final class DemoReport {

  private DemoReport() {}

  static void print(DemoResult result, Layout layout, @Nullable Path kept, PrintStream out) {
    line(out, "input       %s, %,d bytes", result.input(), result.bytes());
    line(
        out,
        "array       %d data disks + P + Q, blocks of %s, %,d stripes, two blocks of each lost",
        layout.dataDisks(),
        (layout.blockSize() >> 10) + " KiB",
        result.stripes());
    if (kept != null) {
      line(out, "disks       %s", kept);
    }
    line(out, "sha256 in   %s", result.sha256In());
    line(out, "sha256 out  %s", result.sha256Out());
    line(
        out,
        "operations  %,d submitted; %,d ok, %,d error, %,d aborted; %,d callbacks",
        result.submitted(),
        result.ended().ok(),
        result.ended().error(),
        result.ended().aborted(),
        result.callbacks());
    line(out, "time        %.1f s", result.seconds());
    out.println();
    providers(result, out);
    out.println();
    events(result, out);
    out.println();
    out.println(
        result.failures().isEmpty()
            ? "all held: the file was rebuilt, no operation was lost, none ran twice"
            : "did NOT hold: " + String.join("\n              ", result.failures()));
  }

  private static void providers(DemoResult result, PrintStream out) {
    final String row = "%-26s %-20s %-14s %-12s %12s";
    line(out, row, "DRIVER", "VERSION", "CHANNEL", "KIND", "OPERATIONS");
    for (Ledger.Share share : result.byProvider()) {
      line(
          out,
          row,
          share.bundle(),
          share.bundleVersion(),
          share.channel(),
          share.kind(),
          number(share.operations()));
    }
    line(out, row, "-", "-", "-", "synchronous", number(result.synchronous()));
    line(out, "%,d operations waited without any channel", result.displaced());
  }

  private static void events(DemoResult result, PrintStream out) {
    final String row = "%-14s %9s %7s %9s %8s %6s %6s %8s %7s";
    line(
        out,
        row,
        "EVENT",
        "AT STRIPE",
        "QUEUED",
        "IN FLIGHT",
        "DRAINED",
        "MOVED",
        "RERUN",
        "ABORTED",
        "MILLIS");
    for (Events.Event event : result.events()) {
      line(
          out,
          row,
          event.kind(),
          number(event.at()),
          number(event.queued()),
          number(event.inFlight()),
          number(event.drained()),
          number(event.moved()),
          number(event.rerun()),
          number(event.aborted()),
          number(event.millis()));
    }
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private static void line(PrintStream out, String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }
}
