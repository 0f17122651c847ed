package io.asynctx.dmaengine.engine;

/**
 * Looks for a transfer that has been with a device for too long. The machine may have been asleep,
 * so it must be the same in several looks. Never calls the driver, but for {@link #hadEnded}.
 *
 * <p>Threading: the watch; hadEnded by whoever looks after the channel, one at a time.
 */
final class Overdue {
  /** What the slowest device is granted for a byte: 31 MB/s. */
  private static final long NANOS_PER_BYTE = 32;

  private final Channel channel;
  private volatile long tag;
  private int seen;

  Overdue(Channel channel) {
    this.channel = channel;
  }

  /**
   * One look.
   *
   * @param looks in how many in a row it must be the same
   * @return what is overdue; empty if nothing is
   */
  String look(long now, int looks) {
    final TagTable tags = channel.tags();
    Descriptor oldest = null;
    long oldestTag = 0;
    long since = now;
    long size = 0;
    for (int i = 0; i < tags.depth() && !channel.idle(); i++) {
      final Descriptor d = tags.entry(i);
      if (d != null) {
        size += d.length * Math.max(1, d.operandCount());
        if (d.pushedAt - since < 0) {
          oldest = d;
          oldestTag = d.tag;
          since = d.pushedAt;
        }
      }
    }
    final long allowed =
        Waiters.nanos(channel.engine.config().watchdogMillis()) + size * NANOS_PER_BYTE;
    if (oldest == null || now - since <= allowed) {
      seen = 0;
      return "";
    }
    seen = oldestTag == tag ? seen + 1 : 1;
    tag = oldestTag;
    if (seen < looks) {
      return "";
    }
    seen = 0;
    return "a transfer is overdue: operation="
        + oldest.op
        + ", length="
        + oldest.length
        + ", millis="
        + (now - since) / 1_000_000;
  }

  /**
   * Whether the transfer found overdue had ended, and only the interrupt was lost: polls once. The
   * driver may not come back from that.
   */
  boolean hadEnded() {
    final long found = tag;
    if (channel.harvest(channel.limits.depth()) <= 0 || channel.tags().find(found) != null) {
      return false;
    }
    channel.fault("a transfer had ended and no interrupt came", null);
    return true;
  }
}
