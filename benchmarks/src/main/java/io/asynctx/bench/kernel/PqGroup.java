package io.asynctx.bench.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.asynctx.bench.Effort;
import io.asynctx.bench.Group;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Row;
import io.asynctx.bench.Sampler;
import io.asynctx.bench.Samples;
import io.asynctx.bench.Variant;
import io.asynctx.bench.peer.EncoderPeer;
import io.asynctx.bench.peer.Isal;
import io.asynctx.bench.peer.Shim;
import io.asynctx.debian.UnavailableException;
import io.asynctx.driver.isal.NativeLadder;
import io.asynctx.raid.BulkKernels;
import io.asynctx.raid.Gf256;
import io.asynctx.raid.Kernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** P/Q and recovery beside ISA-L and Hadoop; the number is that of the data blocks. */
final class PqGroup implements Group {

  /** GFNI is about half as many instructions; less of a gain is none of its doing. */
  private static final double GFNI_GAIN = 1.3;

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
    final BulkKernels kernels = Kernels.best();
    Kernels.warmUp(kernels);
    try (Arena arena = Arena.ofShared()) {
      for (Row row : wanted) {
        final int dot = row.metric().lastIndexOf('.');
        final int count = Integer.parseInt(row.metric().substring(dot + 1));
        final Blocks blocks = new Blocks(arena, count, row.size());
        try {
          found.accept(
              switch (row.metric().substring(0, dot)) {
                case "pq.java" -> own(row, effort, kernels, arena, blocks);
                case "pq.java.gfni" -> newest(row, effort, kernels, arena, blocks, "");
                case "pq.best" -> best(row, effort, arena, blocks);
                case "recovery" -> recovery(row, effort, kernels, blocks);
                default -> encoder(row, effort, kernels, blocks);
              });
        } catch (UnavailableException e) {
          found.accept(Measurement.unavailable(row, e.getMessage()));
        }
      }
    }
  }

  private static Measurement own(
      Row row, Effort effort, BulkKernels kernels, Arena arena, Blocks blocks)
      throws UnavailableException {
    final Isal isal = Isal.own(Shim.load(arena), arena);
    final Variant ours = generate(kernels, blocks);
    final Variant peer = pqGen(isal, blocks);
    sameSyndromes(row, blocks, ours, peer);
    return Measurement.compared(
        row, Sampler.run(effort, List.of(ours, peer)), ours.name(), peer.name(), isal.version());
  }

  /** As a channel of driver-isal would do it, with that same library. */
  private static Measurement best(Row row, Effort effort, Arena arena, Blocks blocks)
      throws UnavailableException {
    final Path library = Isal.newest(Shim.load(arena), arena).file();
    try (NativeLadder ladder = NativeLadder.climb(library)) {
      return newest(row, effort, ladder.kernels(), arena, blocks, "; " + ladder.remark());
    }
  }

  /** Beside the faster of pq_gen and of ec_encode_data, which has GFNI first. */
  private static Measurement newest(
      Row row, Effort effort, BulkKernels kernels, Arena arena, Blocks blocks, String remark)
      throws UnavailableException {
    final Shim shim = Shim.load(arena);
    final Isal isal = Isal.newest(shim, arena);
    final Variant ours = generate(kernels, blocks);
    final Variant gen = pqGen(isal, blocks);
    final Variant encode = encode(isal, arena, blocks);
    final Variant before = encode(Isal.own(shim, arena), arena, blocks);
    sameSyndromes(row, blocks, ours, gen);
    sameSyndromes(row, blocks, ours, encode);
    final Samples samples = Sampler.run(effort, List.of(ours, gen, encode, before));
    final Variant peer = samples.median(gen.name()) < samples.median(encode.name()) ? gen : encode;
    final double gain = samples.median(before.name()) / samples.median(encode.name());
    final String gfni =
        !Gfni.isThere()
            ? "GFNI did not run: the processor has none"
            : gain >= GFNI_GAIN ? "GFNI ran" : "no sign of GFNI, though the processor has it";
    return Measurement.compared(row, samples, ours.name(), peer.name(), isal.version())
        .noted(
            "peer is "
                + peer.name()
                + "; "
                + gfni
                + ": its ec_encode_data is "
                + Math.round(gain * 100) / 100.0
                + " times as fast as that of the older one"
                + remark);
  }

  private static Measurement recovery(Row row, Effort effort, BulkKernels kernels, Blocks blocks) {
    final int count = blocks.count();
    final long length = blocks.length;
    final Variant peer = generate(kernels, blocks);
    final Variant ours =
        Variant.timed(
            "Java recovery",
            n -> {
              for (long i = 0; i < n; i++) {
                kernels.recoverTwoData(blocks.p, blocks.q, blocks.data, count, 1, 6, 0, length);
              }
            });
    peer.run(1);
    final byte[] lost = blocks.data[1].toArray(JAVA_BYTE);
    blocks.data[1].fill((byte) 0);
    blocks.data[6].fill((byte) 0);
    ours.run(1);
    Blocks.same(row.name(), MemorySegment.ofArray(lost), blocks.data[1]);
    return Measurement.compared(
        row, Sampler.run(effort, List.of(ours, peer)), ours.name(), peer.name(), kernels.name());
  }

  private static Measurement encoder(Row row, Effort effort, BulkKernels kernels, Blocks blocks)
      throws UnavailableException {
    final EncoderPeer library = EncoderPeer.find("Hadoop RSRawEncoder");
    final byte[][] data = new byte[blocks.count()][];
    Arrays.setAll(data, i -> blocks.data[i].toArray(JAVA_BYTE));
    final Variant ours = generate(kernels, blocks);
    final Variant peer = library.open(data);
    return Measurement.compared(
            row,
            Sampler.run(effort, List.of(ours, peer)),
            ours.name(),
            peer.name(),
            library.version())
        .noted("it takes arrays, its faster way, and computes with general coefficients");
  }

  private static Variant generate(BulkKernels kernels, Blocks blocks) {
    final int count = blocks.count();
    final long length = blocks.length;
    return Variant.timed(
        "our pq",
        n -> {
          for (long i = 0; i < n; i++) {
            kernels.pq(blocks.p, blocks.q, blocks.data, count, 0, length);
          }
        });
  }

  private static Variant pqGen(Isal isal, Blocks blocks) throws UnavailableException {
    return isal.vectors("pq_gen", blocks.count() + 2, (int) blocks.length, blocks.pointers(2), 1);
  }

  private static Variant encode(Isal isal, Arena arena, Blocks blocks) throws UnavailableException {
    final int count = blocks.count();
    final byte[] rows = new byte[2 * count];
    for (int i = 0; i < count; i++) {
      rows[i] = 1;
      rows[count + i] = (byte) Gf256.exp(i);
    }
    return isal.encode(arena, rows, count, (int) blocks.length, blocks.pointers(2));
  }

  private static void sameSyndromes(Row row, Blocks blocks, Variant ours, Variant peer) {
    ours.run(1);
    final MemorySegment p = MemorySegment.ofArray(blocks.p.toArray(JAVA_BYTE));
    final MemorySegment q = MemorySegment.ofArray(blocks.q.toArray(JAVA_BYTE));
    blocks.p.fill((byte) 0);
    blocks.q.fill((byte) 0);
    peer.run(1);
    Blocks.same(row.name() + " P by " + peer.name(), p, blocks.p);
    Blocks.same(row.name() + " Q by " + peer.name(), q, blocks.q);
  }
}
