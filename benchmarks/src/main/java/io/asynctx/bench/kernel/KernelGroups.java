package io.asynctx.bench.kernel;

import io.asynctx.bench.Group;
import java.util.List;

/** The groups of this package. */
public final class KernelGroups {

  private KernelGroups() {}

  /**
   * In the order of the table.
   *
   * @return new ones
   */
  public static List<Group> all() {
    return List.of(new BulkGroup(), new XorGroup(), new PqGroup());
  }
}
