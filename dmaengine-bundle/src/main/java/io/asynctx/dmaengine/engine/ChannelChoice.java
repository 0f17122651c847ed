package io.asynctx.dmaengine.engine;

import io.asynctx.async.Policy;
import io.asynctx.async.Rule;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.ProviderKind;
import org.jspecify.annotations.Nullable;

/**
 * Which channel gets an operation. The channel of a dependency if that can do it and may; else the
 * kinds the policy prefers first, then the best ranked device, then the least loaded channel.
 *
 * <p>Threading: any thread; keeps nothing. Choosing allocates nothing unless the policy has a
 * filter.
 */
final class ChannelChoice {

  private static final ProviderKind[] KINDS = ProviderKind.values();

  private final Engine engine;
  private final AsyncTxChannels channels;

  ChannelChoice(Engine engine, AsyncTxChannels channels) {
    this.engine = engine;
    this.channels = channels;
  }

  /**
   * The channel for an operation.
   *
   * @param stay the channel of a dependency; null if there is none
   * @return null iff no channel may and can do it, or the policy would rather have the synchronous
   *     path
   */
  @Nullable Channel best(
      DmaCap op,
      int sources,
      long length,
      long flags,
      int traits,
      Policy policy,
      @Nullable Channel stay) {
    Channel best = null;
    for (Lease lease : channels.able(op)) {
      final Channel channel = open(lease, policy);
      if (channel == null || refusal(channel, op, sources, length, flags, traits) != null) {
        continue;
      }
      if (channel == stay) {
        return channel;
      }
      if (best == null || better(policy, channel, best)) {
        best = channel;
      }
    }
    return best;
  }

  /**
   * A descriptor of any channel that may and can do an operation, in the same order.
   *
   * @return null iff none of them has room for this owner
   */
  @Nullable Descriptor takeAnywhere(
      DmaCap op,
      int sources,
      long length,
      long flags,
      int traits,
      Policy policy,
      Owner owner,
      long epoch) {
    for (int pass = 0; pass < 2; pass++) {
      final Rule rule = pass == 0 ? Rule.PREFER : Rule.ALLOW;
      for (Lease lease : channels.able(op)) {
        final Channel channel = open(lease, policy);
        if (channel != null
            && policy.rule(channel.provider.kind()) == rule
            && refusal(channel, op, sources, length, flags, traits) == null) {
          final Descriptor d = engine.descriptors().take(channel.pool, owner, epoch);
          if (d != null) {
            d.channel = channel;
            return d;
          }
        }
      }
    }
    return null;
  }

  /** The channel of a lease if it takes and issues work, and the policy lets it. */
  private @Nullable Channel open(Lease lease, Policy policy) {
    final Channel channel = lease.channel();
    return channel != null
            && channel.active()
            && lease.slot.exclusive == null
            && wanted(policy, channel.provider.kind())
            && engine.routing().passes(policy.channelFilter(), lease.slot)
        ? channel
        : null;
  }

  private static boolean wanted(Policy policy, ProviderKind kind) {
    final Rule rule = policy.rule(kind);
    return rule == Rule.PREFER || rule == Rule.ALLOW && policy.synchronous() != Rule.PREFER;
  }

  private static @Nullable String refusal(
      Channel channel, DmaCap op, int sources, long length, long flags, int traits) {
    return Fit.refusal(op, sources, length, flags, traits, channel.caps, channel.limits);
  }

  private static boolean better(Policy policy, Channel one, Channel other) {
    final boolean preferOne = policy.rule(one.provider.kind()) == Rule.PREFER;
    final boolean preferOther = policy.rule(other.provider.kind()) == Rule.PREFER;
    if (preferOne != preferOther) {
      return preferOne;
    }
    return one.device.ranking() == other.device.ranking() && one.load() < other.load();
  }

  /** Whether the policy wants a certain channel, or kind of channel, rather than any. */
  static boolean particular(Policy policy) {
    if (policy.channelFilter() != null) {
      return true;
    }
    for (ProviderKind kind : KINDS) {
      if (kind != ProviderKind.SYNCHRONOUS && policy.rule(kind) == Rule.PREFER) {
        return true;
      }
    }
    return false;
  }

  /** What to throw when nobody may and can: each provider's reason. */
  UnsupportedOperationException refused(
      DmaCap op, int sources, long length, long flags, int traits, Policy policy) {
    final StringBuilder why = new StringBuilder();
    for (Lease lease : channels.all()) {
      why.append(", ").append(lease.slot.name).append(": ");
      why.append(reason(lease, op, sources, length, flags, traits, policy));
    }
    return new UnsupportedOperationException(
        "nobody may and can do this operation: operation="
            + op
            + ", sources="
            + sources
            + ", length="
            + length
            + why
            + (channels.all().length == 0 ? ", channels: none is there" : "")
            + ", synchronous: the policy forbids it; allow more kinds, or start a driver that can");
  }

  private String reason(
      Lease lease, DmaCap op, int sources, long length, long flags, int traits, Policy policy) {
    final Channel channel = lease.channel();
    if (channel == null || !channel.active()) {
      return "its state is " + lease.slot.state();
    }
    final Lease exclusive = lease.slot.exclusive;
    if (exclusive != null) {
      return "lent to " + exclusive.client.name() + " alone";
    }
    final ProviderKind kind = channel.provider.kind();
    if (!wanted(policy, kind)) {
      return "the policy forbids " + kind;
    }
    if (!engine.routing().passes(policy.channelFilter(), lease.slot)) {
      return "the policy's filter leaves it out";
    }
    final String refusal = refusal(channel, op, sources, length, flags, traits);
    return refusal == null ? "none now; try again" : refusal;
  }
}
