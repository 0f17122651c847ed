package io.asynctx.dmaengine.engine;

import io.asynctx.async.Policy;
import io.asynctx.async.Rule;
import io.asynctx.dmaengine.DmaCap;
import org.jspecify.annotations.Nullable;

/**
 * What a client's policy and the operator together wish: whether a channel is wanted for an
 * operation, and which of two more. In one place, for operations that come and for those that move.
 *
 * <p>What the operator prefers for an operation comes before what the policy prefers; both before
 * the ranking of devices, and that before the load.
 *
 * <p>Threading: any thread; nothing is kept or allocated.
 */
final class Wish {

  /** The most that {@link #degree} answers. */
  static final int MOST = 3;

  private Wish() {}

  /** Whether a channel may be used, and the synchronous path is not rather wanted. */
  static boolean wanted(@Nullable Operator operator, Policy policy, DmaCap op, Channel channel) {
    final Rule rule = policy.rule(channel.provider.kind());
    if (rule == Rule.FORBID) {
      return false;
    }
    final Rule said = said(operator, op, channel);
    return said != Rule.FORBID
        && (rule == Rule.PREFER
            || said == Rule.PREFER
            || Operator.synchronous(operator, policy, op) != Rule.PREFER);
  }

  private static Rule said(@Nullable Operator operator, DmaCap op, Channel channel) {
    return operator == null ? Rule.ALLOW : operator.standing(channel.slot(), op);
  }

  /** How much a channel is wished for; more is better. */
  static int degree(@Nullable Operator operator, Policy policy, DmaCap op, Channel channel) {
    return (said(operator, op, channel) == Rule.PREFER ? 2 : 0)
        + (policy.rule(channel.provider.kind()) == Rule.PREFER ? 1 : 0);
  }

  /** Whether one channel comes before another that is not ranked lower. */
  static boolean better(
      @Nullable Operator operator, Policy policy, DmaCap op, Channel one, Channel other) {
    final int degrees = degree(operator, policy, op, one) - degree(operator, policy, op, other);
    if (degrees != 0) {
      return degrees > 0;
    }
    return one.device.ranking() == other.device.ranking() && one.load() < other.load();
  }
}
