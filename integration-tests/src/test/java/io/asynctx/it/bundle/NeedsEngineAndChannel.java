package io.asynctx.it.bundle;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaEngine;
import java.util.List;

/** A component of a test bundle; says in a journal of the test's when it comes and goes. */
public final class NeedsEngineAndChannel {

  private final List<String> journal;

  /**
   * By declarative services.
   *
   * @param engine an engine
   * @param channel a channel
   * @param journal of the test's
   */
  public NeedsEngineAndChannel(DmaEngine engine, DmaChannel channel, List<String> journal) {
    this.journal = journal;
    journal.add("active: " + engine.name() + ' ' + channel.name());
  }

  void activate() {}

  void deactivate() {
    journal.add("inactive");
  }
}
