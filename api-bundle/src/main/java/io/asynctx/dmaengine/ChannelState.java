package io.asynctx.dmaengine;

/** The life of a channel. Work is accepted in ACTIVE, SUSPENDED and RESETTING only. */
public enum ChannelState {
  /** Known, and not opened: nobody holds it yet, or the driver is being asked for it. */
  OPENING,
  /** Takes work and issues it. */
  ACTIVE,
  /** Takes work, issues none; what is with the device completes. */
  SUSPENDED,
  /** The driver resets it; takes work, issues none. */
  RESETTING,
  /** Visible, but not used until it has proved itself again. */
  QUARANTINED,
  /** Leaving: no new work; what is with the device completes. */
  DRAINING,
  /** Leaving: the driver is asked to end what it still has. */
  TERMINATING,
  /** Left; shown to be quiet. */
  GONE,
  /** Left, without proof of quiet: the memory it was given stays locked away. */
  IMPOUNDED
}
