package io.asynctx.pci.vfio;

import io.asynctx.dmaengine.bus.PciIdentity;
import java.util.HashMap;
import java.util.Map;

/**
 * The groups in use here. A group can be opened only once, so functions of one group share it.
 *
 * <p>Threading: any thread; one lock, held while a group is opened.
 */
final class Groups {

  private final Kernel kernel;
  private final Map<Integer, Group> open = new HashMap<>();

  Groups(Kernel kernel) {
    this.kernel = kernel;
  }

  /**
   * The kernel they are of.
   *
   * @return the same for all
   */
  Kernel kernel() {
    return kernel;
  }

  /**
   * The group of a function, opened if nobody has.
   *
   * @param who the function
   * @return to be left again
   * @throws IllegalStateException if it cannot be used, with the reason and the remedy
   */
  synchronized Group enter(PciIdentity who) {
    final Group before = open.get(who.iommuGroup());
    if (before != null) {
      before.enter();
      return before;
    }
    final Group group = Group.open(kernel, who);
    open.put(who.iommuGroup(), group);
    return group;
  }

  /**
   * Leaves a group.
   *
   * @param who the function
   * @param group what {@link #enter} gave for it
   */
  synchronized void leave(PciIdentity who, Group group) {
    if (group.leave()) {
      open.remove(who.iommuGroup());
    }
  }
}
