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

  /** The answer of {@link #reason} for a channel that may and can. */
  static final String MIGHT = "none now; try again";

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
    final Operator operator = engine.operator();
    Channel best = null;
    for (Lease lease : channels.able(op)) {
      final Channel channel = open(lease, op, policy, operator);
      if (channel == null || refusal(channel, op, sources, length, flags, traits) != null) {
        continue;
      }
      if (channel == stay) {
        return channel;
      }
      if (best == null || Wish.better(operator, policy, op, channel, best)) {
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
    final Operator operator = engine.operator();
    for (int degree = Wish.MOST; degree >= 0; degree--) {
      for (Lease lease : channels.able(op)) {
        final Channel channel = open(lease, op, policy, operator);
        if (channel != null
            && Wish.degree(operator, policy, op, channel) == degree
            && refusal(channel, op, sources, length, flags, traits) == null) {
          final Descriptor d = engine.descriptors().take(channel.pool, owner, epoch, channel);
          if (d != null) {
            return d;
          }
        }
      }
    }
    return null;
  }

  /** The channel of a lease if it takes and issues work, and the policy lets it. */
  private @Nullable Channel open(
      Lease lease, DmaCap op, Policy policy, @Nullable Operator operator) {
    final Channel channel = lease.channel();
    return channel != null
            && channel.active()
            && lease.slot.exclusive == null
            && Wish.wanted(operator, policy, op, channel)
            && engine.routing().passes(policy.channelFilter(), lease.slot)
        ? channel
        : null;
  }

  private static @Nullable String refusal(
      Channel channel, DmaCap op, int sources, long length, long flags, int traits) {
    return Fit.refusal(op, sources, length, flags, traits, channel.caps, channel.limits);
  }

  /** Whether work is not worth a trip to an engine, and may as well be done at once. */
  boolean small(DmaCap op, int sources, long length, Policy policy) {
    final long below = engine.config().synchronousBelow();
    return length < below
        && length * Math.max(1, sources) < below
        && synchronous(op, policy) != Rule.FORBID
        && !Operator.assigned(engine.operator(), op)
        && !particular(policy);
  }

  /** What the policy and the operator say about the synchronous path. */
  Rule synchronous(DmaCap op, Policy policy) {
    return Operator.synchronous(engine.operator(), policy, op);
  }

  /** Whether the policy wants a certain channel, or kind of channel, rather than any. */
  private static boolean particular(Policy policy) {
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
            + ", synchronous: "
            + synchronousRefusal(op, policy)
            + "; allow more kinds, or start a driver that can");
  }

  /** Why the synchronous path is not taken; null if it may be. */
  @Nullable String synchronousRefusal(DmaCap op, Policy policy) {
    final String refusal = Operator.synchronousRefusal(engine.operator(), op);
    return refusal != null || policy.synchronous() != Rule.FORBID
        ? refusal
        : "the policy forbids it";
  }

  /** Why a channel does not get an operation, or could. */
  String reason(
      Lease lease, DmaCap op, int sources, long length, long flags, int traits, Policy policy) {
    final Channel channel = lease.channel();
    if (channel == null || !channel.active()) {
      return "its state is " + lease.slot.state();
    }
    final Lease exclusive = lease.slot.exclusive;
    if (exclusive != null) {
      return "lent to " + exclusive.client.name() + " alone";
    }
    final Operator operator = engine.operator();
    final String said = Operator.refusal(operator, lease.slot, op);
    if (said != null) {
      return said;
    }
    final ProviderKind kind = channel.provider.kind();
    if (policy.rule(kind) == Rule.FORBID) {
      return "the policy forbids " + kind;
    }
    if (!Wish.wanted(operator, policy, op, channel)) {
      return "the synchronous path is preferred";
    }
    if (!engine.routing().passes(policy.channelFilter(), lease.slot)) {
      return "the policy's filter leaves it out";
    }
    final String refusal = refusal(channel, op, sources, length, flags, traits);
    return refusal == null ? MIGHT : refusal;
  }
}
