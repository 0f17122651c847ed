package io.asynctx.bench.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.asynctx.bench.Effort;
import io.asynctx.bench.Group;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Row;
import io.asynctx.bench.Sampler;
import io.asynctx.bench.Samples;
import io.asynctx.bench.Variant;
import io.asynctx.bench.peer.Isal;
import io.asynctx.bench.peer.Shim;
import io.asynctx.debian.UnavailableException;
import io.asynctx.raid.BulkKernels;
import io.asynctx.raid.Kernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Fill, compare and CRC32C beside the C library and ISA-L. */
final class BulkGroup implements Group {

  private static final String OURS = "Java";
  private static final long POINTER = ADDRESS.byteSize();

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
    final BulkKernels kernels = Kernels.best();
    Kernels.warmUp(kernels);
    try (Arena arena = Arena.ofShared()) {
      final Shim shim = Shim.load(arena);
      for (Row row : wanted) {
        final Blocks blocks = new Blocks(arena, 2, row.size());
        switch (row.metric()) {
          case "fill" -> fill(row, effort, kernels, shim, blocks, found);
          case "compare" -> compare(row, effort, kernels, shim, blocks, found);
          default -> crc(row, effort, kernels, Isal.own(shim, arena), arena, blocks, found);
        }
      }
    }
  }

  private static void fill(
      Row row,
      Effort effort,
      BulkKernels kernels,
      Shim shim,
      Blocks blocks,
      Consumer<Measurement> found) {
    final MemorySegment one = blocks.p;
    final long length = blocks.length;
    final Variant ours =
        Variant.timed(
            OURS,
            n -> {
              for (long i = 0; i < n; i++) {
                kernels.fill(one, 0, length, (byte) 0x5a);
              }
            });
    final Variant peer = shim.memset(blocks.pointers(1).asSlice(2 * POINTER), 0x5a, 1, length);
    compared(row, Sampler.run(effort, List.of(ours, peer)), peer, shim.version(), found);
  }

  private static void compare(
      Row row,
      Effort effort,
      BulkKernels kernels,
      Shim shim,
      Blocks blocks,
      Consumer<Measurement> found) {
    blocks.q.copyFrom(blocks.p);
    final MemorySegment left = blocks.p;
    final MemorySegment right = blocks.q;
    final long length = blocks.length;
    final Variant ours =
        Variant.timed(
            OURS,
            n -> {
              for (long i = 0; i < n; i++) {
                if (!kernels.equal(left, right, 0, length)) {
                  throw new IllegalStateException("equal blocks differ: row=" + row.name());
                }
              }
            });
    final MemorySegment pointers = blocks.pointers(2);
    final Variant peer =
        shim.memcmp(
            pointers.asSlice(2 * POINTER, POINTER), pointers.asSlice(3 * POINTER), 1, length);
    compared(row, Sampler.run(effort, List.of(ours, peer)), peer, shim.version(), found);
  }

  private static void crc(
      Row row,
      Effort effort,
      BulkKernels kernels,
      Isal isal,
      Arena arena,
      Blocks blocks,
      Consumer<Measurement> found)
      throws UnavailableException {
    final MemorySegment one = blocks.p;
    final long length = blocks.length;
    final int right = kernels.crc32c(one, 0, length, 0);
    final MemorySegment sum = arena.allocate(JAVA_INT);
    final Variant ours =
        Variant.timed(
            OURS,
            n -> {
              for (long i = 0; i < n; i++) {
                if (kernels.crc32c(one, 0, length, 0) != right) {
                  throw new IllegalStateException("unstable CRC: row=" + row.name());
                }
              }
            });
    final Variant peer = isal.crc(blocks.pointers(1).asSlice(2 * POINTER), 1, (int) length, sum);
    peer.run(1);
    // ISA-L takes and leaves the register as it is; the CRC is its complement.
    if (~sum.get(JAVA_INT, 0) != right) {
      throw new IllegalStateException(
          "CRCs differ: row="
              + row.name()
              + ", ours="
              + right
              + ", theirs="
              + ~sum.get(JAVA_INT, 0));
    }
    compared(row, Sampler.run(effort, List.of(ours, peer)), peer, isal.version(), found);
  }

  private static void compared(
      Row row, Samples samples, Variant peer, String version, Consumer<Measurement> found) {
    found.accept(Measurement.compared(row, samples, OURS, peer.name(), version));
  }
}
