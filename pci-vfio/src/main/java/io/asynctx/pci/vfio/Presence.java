package io.asynctx.pci.vfio;

import io.asynctx.dmaengine.bus.PciIdentity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a function is still there. It never comes back.
 *
 * <p>Threading: any thread; {@code gone} is volatile and only ever becomes true.
 */
final class Presence {

  private static final Logger LOG = LoggerFactory.getLogger(Presence.class);

  private final PciIdentity identity;
  private volatile boolean gone;

  Presence(PciIdentity identity) {
    this.identity = identity;
  }

  PciIdentity identity() {
    return identity;
  }

  boolean gone() {
    return gone;
  }

  /** Notes that it is gone. */
  void leave() {
    gone = true;
  }

  /**
   * Notes that an access to it failed.
   *
   * @param e as the JVM gave it
   */
  void lost(InternalError e) {
    if (!gone) {
      gone = true;
      LOG.warn("registers taken away under us: function={}", identity, e);
    }
  }
}
