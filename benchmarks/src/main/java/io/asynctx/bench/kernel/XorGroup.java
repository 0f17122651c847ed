package io.asynctx.bench.kernel;

import io.asynctx.bench.Effort;
import io.asynctx.bench.Group;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Row;
import io.asynctx.bench.UnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Exclusive or, generated and checked, beside ISA-L; the number is that of the sources. */
final class XorGroup implements Group {

  private final List<Row> rows = new ArrayList<>();

  XorGroup() {
    add("xor.4", 4 << 10, 0, "ISA-L xor_gen", ">= 1.0", "1.2");
    add("xor.4", 64 << 10, 0, "ISA-L xor_gen", ">= 0.95", "1.0");
    add("xor.4", 1 << 20, 0, "ISA-L xor_gen", ">= 0.95", "1.0");
    add("xor.8", 4 << 10, 0, "ISA-L xor_gen", ">= 1.0", "1.2");
    add("xor.8", 64 << 10, 0, "ISA-L xor_gen", ">= 0.95", "1.0");
    add("xor.8", 1 << 20, 0, "ISA-L xor_gen", ">= 0.95", "1.0");
    add("xor.16", 4 << 10, 0, "ISA-L xor_gen", ">= 1.0", "1.2");
    add("xor.16", 64 << 10, 0, "ISA-L xor_gen", ">= 0.95", "1.0");
    add("xor.16", 1 << 20, 0, "ISA-L xor_gen", ">= 0.95", "1.0");
    add("xor_val.4", 4 << 10, 0, "ISA-L xor_check", ">= 2.0", "2.4");
    add("xor_val.4", 64 << 10, 0, "ISA-L xor_check", ">= 1.2", "1.5");
    add("xor_val.8", 4 << 10, 0, "ISA-L xor_check", ">= 2.0", "2.4");
    add("xor_val.8", 64 << 10, 0, "ISA-L xor_check", ">= 1.2", "1.5");
  }

  private void add(String metric, int size, int depth, String peer, String goal, String stretch) {
    rows.add(Row.against(metric, size, depth, Row.NANOS, peer, goal, stretch));
  }

  @Override
  public String name() {
    return "xor";
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
