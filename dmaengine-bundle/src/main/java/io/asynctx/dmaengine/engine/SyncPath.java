package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.raid.BulkKernels;
import io.asynctx.raid.Kernels;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs an operation on the calling thread: what happens when no channel can, or need, do it. Obeys
 * the same definitions as every driver, and goes on in the middle of a split operation if it must.
 *
 * <p>Threading: any thread; each has its own scratch.
 */
final class SyncPath {

  private static final Logger LOG = LoggerFactory.getLogger(SyncPath.class);

  /** No device, no limits. */
  static final DeviceLimits UNLIMITED =
      DeviceLimits.builder().maxXor(255).maxPq(255, true, true).memory(false, true).build();

  private final BulkKernels kernels;
  private final Provider provider;
  private final ThreadLocal<@Nullable MemorySegment[]> scratch =
      ThreadLocal.withInitial(() -> new @Nullable MemorySegment[Descriptor.MAX_OPERANDS]);

  SyncPath(BulkKernels kernels, String bundle, String version) {
    this.kernels = kernels;
    this.provider = new Provider(ProviderKind.SYNCHRONOUS, "synchronous", "cpu", bundle, version);
  }

  static SyncPath best(String bundle, String version) {
    return new SyncPath(Kernels.best(), bundle, version);
  }

  /** Gets the kernels compiled, once in the life of the JVM; takes about a second. */
  void warmUp() {
    Kernels.warmUp(kernels);
  }

  Provider provider() {
    return provider;
  }

  String kernels() {
    return kernels.name();
  }

  /**
   * Runs a RUNNING descriptor to its end.
   *
   * @return how it went; the descriptor's provider, sum check and residue are set
   */
  TransferResult run(Descriptor d) {
    d.provider = provider;
    d.attempts++;
    final boolean timed = d.policy.timed();
    if (timed) {
      d.pushedAt = System.nanoTime();
      d.issuedAt = d.issuedAt == 0 ? d.pushedAt : d.issuedAt;
    }
    final TransferResult result = work(d);
    if (timed) {
      d.endedAt = System.nanoTime();
    } else {
      d.pushedAt = 0; // what a device took before says nothing about this run
    }
    return result;
  }

  /** Copies, for an operation without a descriptor; false iff it failed. */
  boolean copy(MemorySegment dst, MemorySegment src, long length) {
    final boolean interrupted = Thread.currentThread().isInterrupted();
    try {
      kernels.copy(dst, src, 0, length);
      return true;
    } catch (RuntimeException | LinkageError e) {
      failedHere(e, interrupted);
      return false;
    }
  }

  /** Fills, for an operation without a descriptor; false iff it failed. */
  boolean fill(MemorySegment dst, byte value, long length) {
    final boolean interrupted = Thread.currentThread().isInterrupted();
    try {
      kernels.fill(dst, 0, length, value);
      return true;
    } catch (RuntimeException | LinkageError e) {
      failedHere(e, interrupted);
      return false;
    }
  }

  private static void failedHere(Throwable e, boolean interrupted) {
    if (e instanceof IllegalStateException && !interrupted) {
      Thread.interrupted(); // closing a shared arena interrupts whoever is inside it
    } else if (!(e instanceof IllegalStateException)) {
      LOG.error("synchronous operation failed", e);
    }
  }

  private TransferResult work(Descriptor d) {
    final boolean interrupted = Thread.currentThread().isInterrupted();
    try {
      do {
        d.piece.fit(UNLIMITED);
        d.sumBits |= piece(d);
      } while (d.piece.advance());
      return TransferResult.NO_ERROR;
    } catch (IllegalStateException e) {
      if (!interrupted) {
        Thread.interrupted(); // closing a shared arena interrupts whoever is inside it
      }
      d.residue = d.length - d.piece.offset();
      d.detail = "a segment was closed while the operation ran: " + e.getMessage();
      return TransferResult.SEGMENT_CLOSED;
    } catch (RuntimeException | LinkageError e) {
      LOG.error("synchronous operation failed: {}", Handle.text(d.handle()), e);
      d.residue = d.length - d.piece.offset();
      d.detail = "the kernel failed: " + e;
      return TransferResult.DEVICE_FAILED;
    }
  }

  private int piece(Descriptor d) {
    final long offset = d.offset();
    final long length = d.length();
    if (d.op == DmaCap.INTERRUPT) {
      return 0;
    }
    if (d.op == DmaCap.MEMSET) {
      kernels.fill(there(d.destination(0)), offset, length, d.value());
      return 0;
    }
    if (d.op == DmaCap.MEMCPY) {
      kernels.copy(there(d.destination(0)), there(d.source(0)), offset, length);
      return 0;
    }
    final @Nullable MemorySegment[] sources = scratch.get();
    final int count = d.sources();
    try {
      return vector(d, sources, offset, length);
    } finally {
      for (int i = 0; i < Math.max(count, d.sources); i++) {
        sources[i] = null; // an operand is pinned by its descriptor only
      }
    }
  }

  private int vector(Descriptor d, @Nullable MemorySegment[] sources, long offset, long length) {
    final int count = d.sources();
    if (d.op == DmaCap.PQ) {
      return pq(d, sources, offset, length);
    }
    for (int i = 0; i < count; i++) {
      sources[i] = d.source(i);
    }
    switch (d.op) {
      case XOR -> kernels.xor(there(d.destination(0)), sources, count, offset, length);
      case XOR_VAL -> {
        return kernels.xorIsZero(sources, count, offset, length) ? 0 : 1;
      }
      case PQ_VAL -> {
        final MemorySegment p = sources[count - 2];
        final MemorySegment q = sources[count - 1];
        return kernels.pqCheck(p, q, sources, count - 2, offset, length);
      }
      case RAID6_RECOV -> recover(d, sources, count, offset, length);
      default -> throw new IllegalArgumentException("not an operation on vectors: " + d.op);
    }
    return 0;
  }

  /** Blocks keep their index, and so their coefficient; those of other pieces are zeros here. */
  private int pq(Descriptor d, @Nullable MemorySegment[] data, long offset, long length) {
    final int first = d.piece.first();
    final int count = first + d.piece.fresh();
    for (int i = first; i < count; i++) {
      data[i] = d.wholeSource(i);
    }
    if (d.accumulate() || first > 0) {
      kernels.pqAccumulate(d.destination(0), d.destination(1), data, count, offset, length);
    } else {
      kernels.pq(d.destination(0), d.destination(1), data, count, offset, length);
    }
    return 0;
  }

  private void recover(
      Descriptor d, @Nullable MemorySegment[] blocks, int count, long offset, long length) {
    final MemorySegment p = there(blocks[count - 2]);
    final MemorySegment q = there(blocks[count - 1]);
    final int low = Math.min(d.failedA, d.failedB);
    final int high = Math.max(d.failedA, d.failedB);
    if (high == count - 2) {
      kernels.recoverDataAndP(p, q, blocks, count - 2, low, offset, length);
    } else {
      kernels.recoverTwoData(p, q, blocks, count - 2, low, high, offset, length);
    }
  }

  private static MemorySegment there(@Nullable MemorySegment segment) {
    if (segment == null) {
      throw new IllegalArgumentException("operand is null");
    }
    return segment;
  }
}
