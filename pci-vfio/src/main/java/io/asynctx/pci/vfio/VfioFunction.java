package io.asynctx.pci.vfio;

import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.FunctionBusyException;
import io.asynctx.dmaengine.bus.FunctionGoneException;
import io.asynctx.dmaengine.bus.PciFunction;
import io.asynctx.dmaengine.bus.PciIdentity;
import org.jspecify.annotations.Nullable;

/**
 * A function bound to vfio-pci. Nothing of it is open before it is claimed.
 *
 * <pre>
 *  field    written by              mode       read by     mode
 *  owner    claim, close of claim   lock       claim       lock
 *                                   volatile   anybody     volatile
 *  claim    claim, close of claim   volatile   the watch   volatile
 * </pre>
 *
 * <p>Threading: any thread.
 */
final class VfioFunction implements PciFunction {

  private final Presence presence;
  private final Groups groups;
  private final Runnable changed;
  private volatile @Nullable String owner;
  private volatile @Nullable VfioClaim claim;

  /**
   * A function.
   *
   * @param identity what it is
   * @param groups where its group is opened
   * @param changed run after a claim was made or closed
   */
  VfioFunction(PciIdentity identity, Groups groups, Runnable changed) {
    this.presence = new Presence(identity);
    this.groups = groups;
    this.changed = changed;
  }

  @Override
  public PciIdentity identity() {
    return presence.identity();
  }

  @Override
  public boolean emulated() {
    return false;
  }

  @Override
  public ClaimedFunction claim(String who) {
    final VfioClaim made;
    synchronized (this) {
      if (presence.gone()) {
        throw new FunctionGoneException(identity());
      }
      final String before = owner;
      if (before != null) {
        throw new FunctionBusyException(identity(), before);
      }
      made = VfioClaim.open(this, presence, groups);
      owner = who;
      claim = made;
    }
    changed.run();
    return made;
  }

  /** The claim was closed. */
  void released() {
    synchronized (this) {
      claim = null;
      owner = null;
    }
    changed.run();
  }

  @Override
  public @Nullable String owner() {
    return owner;
  }

  @Override
  public boolean gone() {
    return presence.gone();
  }

  /** It left the bus, or its host wants it back: whoever has it is told. */
  void leave() {
    presence.leave();
    final VfioClaim now = claim;
    if (now != null) {
      now.wake();
    }
  }

  /**
   * The claim at the moment.
   *
   * @return null if there is none
   */
  @Nullable VfioClaim claimed() {
    return claim;
  }
}
