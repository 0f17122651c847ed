package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.dto.BufferDTO;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which buffers of an engine are lent and not given back: the report for operators, and the leaks.
 *
 * <p>A buffer that its holder dropped without closing it is reported, and stays lent: a slice of
 * its segment does not keep the buffer alive, so its memory may be in use still. It comes back when
 * the holder's bundle stops.
 *
 * <p>Threading: any thread; {@link #reportDropped} by one at a time.
 */
final class Loans {

  private static final Logger LOG = LoggerFactory.getLogger(Loans.class);

  private static final int NAMED = 4;

  private final Engine engine;
  private final Set<Loan> lent = ConcurrentHashMap.newKeySet();
  private final ReferenceQueue<Buffers.Buffer> dropped = new ReferenceQueue<>();
  private volatile boolean sites = true;

  Loans(Engine engine) {
    this.engine = engine;
  }

  /** Whether buffers lent from now on remember the code that asked for them. */
  void recordSites(boolean record) {
    sites = record;
  }

  Loan lend(
      Buffers.Buffer buffer, Buffers buffers, Buffers.Block block, long bytes, String holder) {
    final String site = sites ? AllocationSite.here() : "";
    final Loan loan = new Loan(buffer, dropped, buffers, block, bytes, holder, site);
    lent.add(loan);
    return loan;
  }

  /** Its memory is to go back to the pool. */
  void ended(Loan loan) {
    lent.remove(loan);
  }

  /** Reports the buffers that nobody can close any more; how many. */
  int reportDropped() {
    int leaks = 0;
    for (Reference<? extends Buffers.Buffer> r = dropped.poll(); r != null; r = dropped.poll()) {
      if (r instanceof Loan loan && !loan.closed()) {
        leaks++;
        LOG.warn(
            "buffer dropped without being closed: engine={}, holder={}, bytes={}, ageMillis={},"
                + " allocatedAt={}; it stays lent until its holder stops; close every DmaBuffer",
            engine.name(),
            loan.holder,
            loan.bytes,
            loan.ageMillis(),
            site(loan));
      }
    }
    return leaks;
  }

  /** The engine stops: whose memory goes with it. */
  void reportLent() {
    final List<Loan> left = oldestFirst();
    if (left.isEmpty()) {
      return;
    }
    LOG.warn(
        "buffers still lent as the engine stops: engine={}, buffers={}, bytes={}, oldest={}; their"
            + " segments end with it",
        engine.name(),
        left.size(),
        left.stream().mapToLong(l -> l.bytes).sum(),
        left.stream()
            .limit(NAMED)
            .map(l ->
                l.holder + " bytes=" + l.bytes + " ageMillis=" + l.ageMillis() + " at " + site(l))
            .toList());
  }

  private static String site(Loan loan) {
    return loan.site.isEmpty() ? "not recorded" : loan.site;
  }

  private List<Loan> oldestFirst() {
    return lent.stream().sorted((a, b) -> Long.signum(a.since - b.since)).toList();
  }

  /** For operators, the oldest first. Looks through all descriptors for each. */
  List<BufferDTO> report() {
    return oldestFirst().stream().map(this::report).toList();
  }

  private BufferDTO report(Loan loan) {
    final Buffers.Block block = loan.block;
    final String lockedBy = engine.impounded().impoundedBy(block.from(), block.to());
    return new BufferDTO(
        loan.holder,
        loan.bytes,
        lockedBy != null ? "locked" : loan.closed() ? "leaving" : "open",
        loan.ageMillis(),
        loan.site,
        engine.buffers().holders(block).size(),
        lockedBy == null ? "" : lockedBy);
  }
}
