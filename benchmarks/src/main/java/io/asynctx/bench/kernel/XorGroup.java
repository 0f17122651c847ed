package io.asynctx.bench.kernel;

import io.asynctx.bench.Effort;
import io.asynctx.bench.Group;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Row;
import io.asynctx.bench.Sampler;
import io.asynctx.bench.Variant;
import io.asynctx.bench.peer.Isal;
import io.asynctx.bench.peer.Shim;
import io.asynctx.debian.UnavailableException;
import io.asynctx.raid.BulkKernels;
import io.asynctx.raid.Kernels;
import java.lang.foreign.Arena;
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
    final BulkKernels kernels = Kernels.best();
    Kernels.warmUp(kernels);
    try (Arena arena = Arena.ofShared()) {
      final Isal isal = Isal.own(Shim.load(arena), arena);
      for (Row row : wanted) {
        final int dot = row.metric().indexOf('.');
        final int count = Integer.parseInt(row.metric().substring(dot + 1));
        final boolean check = row.metric().startsWith("xor_val");
        final Variant ours;
        final Variant peer;
        if (check) {
          final Blocks blocks = new Blocks(arena, count, row.size());
          // The last source closes the sum: a check that stops early would be no check.
          final int rest = count - 1;
          kernels.xor(blocks.data[rest], blocks.data, rest, 0, row.size());
          ours = check(row, kernels, blocks);
          peer = isal.vectors("xor_check", count, (int) row.size(), blocks.pointers(0), 1);
        } else {
          final Blocks blocks = new Blocks(arena, count, row.size());
          ours = generate(kernels, blocks);
          peer = isal.vectors("xor_gen", count + 1, (int) row.size(), blocks.pointers(1), 1);
          ours.run(1);
          blocks.q.copyFrom(blocks.p);
          blocks.p.fill((byte) 0);
          peer.run(1);
          Blocks.same(row.name(), blocks.q, blocks.p);
        }
        found.accept(
            Measurement.compared(
                row,
                Sampler.run(effort, List.of(ours, peer)),
                ours.name(),
                peer.name(),
                isal.version()));
      }
    }
  }

  private static Variant generate(BulkKernels kernels, Blocks blocks) {
    final int count = blocks.count();
    final long length = blocks.length;
    return Variant.timed(
        "Java xor",
        n -> {
          for (long i = 0; i < n; i++) {
            kernels.xor(blocks.p, blocks.data, count, 0, length);
          }
        });
  }

  private static Variant check(Row row, BulkKernels kernels, Blocks blocks) {
    final int count = blocks.count();
    final long length = blocks.length;
    return Variant.timed(
        "Java xor_val",
        n -> {
          for (long i = 0; i < n; i++) {
            if (!kernels.xorIsZero(blocks.data, count, 0, length)) {
              throw new IllegalStateException("sum is not zero: row=" + row.name());
            }
          }
        });
  }
}
