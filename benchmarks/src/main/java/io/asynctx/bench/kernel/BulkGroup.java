package io.asynctx.bench.kernel;

import io.asynctx.bench.Effort;
import io.asynctx.bench.Group;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Row;
import io.asynctx.bench.UnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Fill, compare and CRC32C beside the C library and ISA-L. */
final class BulkGroup implements Group {

  private final List<Row> rows = new ArrayList<>();

  BulkGroup() {
    add("fill", 4 << 10, 0, "glibc memset", ">= 1.4", "1.7");
    add("fill", 64 << 10, 0, "glibc memset", ">= 1.0", "1.1");
    add("fill", 1 << 20, 0, "glibc memset", ">= 0.9", "1.0");
    add("compare", 4 << 10, 0, "glibc memcmp", ">= 1.1", "1.3");
    add("compare", 64 << 10, 0, "glibc memcmp", ">= 0.95", "1.0");
    add("crc32c", 4 << 10, 0, "ISA-L crc32_iscsi", ">= 0.88", "1.0");
    add("crc32c", 64 << 10, 0, "ISA-L crc32_iscsi", ">= 0.97", "1.0");
  }

  private void add(String metric, int size, int depth, String peer, String goal, String stretch) {
    rows.add(Row.against(metric, size, depth, Row.NANOS, peer, goal, stretch));
  }

  @Override
  public String name() {
    return "bulk";
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
