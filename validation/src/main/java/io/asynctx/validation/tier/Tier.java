package io.asynctx.validation.tier;

/** Who judges. */
public enum Tier {
  /** The kernel's own driver and tests judge the model. */
  A,
  /** DPDK's driver and test judge the model. */
  B,
  /** Our bundles over the guest's VFIO. */
  C,
  /** Models that are wrong on purpose judge the judges. */
  D
}
