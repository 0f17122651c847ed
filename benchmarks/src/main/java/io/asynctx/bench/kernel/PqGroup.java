package io.asynctx.bench.kernel;

import io.asynctx.bench.Effort;
import io.asynctx.bench.Group;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Row;
import io.asynctx.bench.UnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** P/Q and recovery beside ISA-L and Hadoop; the number is that of the data blocks. */
final class PqGroup implements Group {

  private final List<Row> rows = new ArrayList<>();

  PqGroup() {
    add("pq.java.8", 4 << 10, 0, "ISA-L 2.30 pq_gen", ">= 1.2", "1.4");
    add("pq.java.8", 64 << 10, 0, "ISA-L 2.30 pq_gen", ">= 1.2", "1.4");
    add("pq.java.16", 4 << 10, 0, "ISA-L 2.30 pq_gen", ">= 1.2", "1.4");
    add("pq.java.16", 64 << 10, 0, "ISA-L 2.30 pq_gen", ">= 1.2", "1.4");
    add("pq.java.gfni.4", 64 << 10, 0, "newest ISA-L pq_gen", ">= 0.70", "0.8");
    add("pq.java.gfni.8", 64 << 10, 0, "newest ISA-L pq_gen", ">= 0.60", "0.7");
    add("pq.java.gfni.16", 64 << 10, 0, "newest ISA-L pq_gen", ">= 0.75", "0.9");
    add("pq.best.4", 64 << 10, 0, "newest ISA-L pq_gen", ">= 0.95", "1.0");
    add("pq.best.8", 64 << 10, 0, "newest ISA-L pq_gen", ">= 0.95", "1.0");
    add("pq.best.16", 64 << 10, 0, "newest ISA-L pq_gen", ">= 0.95", "1.0");
    add("recovery.8", 64 << 10, 0, "P/Q generation of the stripe", ">= 0.5", "0.7");
    add("pq.hadoop.8", 64 << 10, 0, "Hadoop RSRawEncoder", ">= 70", "100");
  }

  private void add(String metric, int size, int depth, String peer, String goal, String stretch) {
    rows.add(Row.against(metric, size, depth, Row.NANOS, peer, goal, stretch));
  }

  @Override
  public String name() {
    return "pq";
  }

  @Override
  public List<Row> rows() {
    return List.copyOf(rows);
  }

  @Override
  public void measure(List<Row> wanted, Effort effort, Consumer<Measurement> found)
      throws UnavailableException {
    throw new UnavailableException("kernel rows are not measured yet");
  }
}
