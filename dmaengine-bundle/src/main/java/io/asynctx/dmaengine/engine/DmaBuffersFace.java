package io.asynctx.dmaengine.engine;

import io.asynctx.memory.DmaBuffer;
import io.asynctx.memory.DmaBuffers;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * DmaBuffers as one bundle has it: closes, as soon as they are idle, the buffers that the bundle
 * left open when it stopped.
 *
 * <p>Threading: the set under its own monitor.
 */
final class DmaBuffersFace implements DmaBuffers {

  private static final Logger LOG = LoggerFactory.getLogger(DmaBuffersFace.class);

  private static final int SWEEP_EVERY = 1024;

  private final Engine engine;
  private final String bundle;
  private final Set<Loan> lent = new HashSet<>();
  private int sinceSweep;

  DmaBuffersFace(Engine engine, String bundle) {
    this.engine = engine;
    this.bundle = bundle;
  }

  @Override
  public DmaBuffer allocate(long bytes) {
    return allocate(bytes, DEFAULT_ALIGNMENT);
  }

  @Override
  public DmaBuffer allocate(long bytes, long alignment) {
    engine.checkRunning();
    final Buffers.Buffer buffer = engine.buffers().allocate(bytes, alignment, bundle);
    synchronized (lent) {
      if (++sinceSweep > SWEEP_EVERY) {
        lent.removeIf(Loan::closed);
        sinceSweep = 0;
      }
      lent.add(buffer.loan());
    }
    return buffer;
  }

  /** The bundle lets go. */
  void close() {
    synchronized (lent) {
      lent.removeIf(Loan::closed);
      if (!lent.isEmpty() && !engine.stopped()) { // else the engine has said so itself
        LOG.warn(
            "buffers left open by a stopped bundle: bundle={}, buffers={}, bytes={}; closed for it",
            bundle,
            lent.size(),
            lent.stream().mapToLong(l -> l.bytes).sum());
      }
      lent.forEach(Loan::closeWhenIdle);
      lent.clear();
    }
  }
}
