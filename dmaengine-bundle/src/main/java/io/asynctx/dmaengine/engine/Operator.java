package io.asynctx.dmaengine.engine;

import io.asynctx.async.OnFault;
import io.asynctx.async.OnSuspend;
import io.asynctx.async.Policy;
import io.asynctx.async.PoolEmpty;
import io.asynctx.async.Rule;
import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.ProviderKind;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What the operator has said, at one moment: a policy that narrows that of every client, and
 * assignments. An engine whose operator has said nothing has none, so that asking costs one look at
 * null.
 *
 * <pre>
 *  field      written by     mode                  read by  mode
 *  effective  any submitter  volatile, a cache     same     volatile
 * </pre>
 *
 * <p>Threading: immutable but for caches; any thread. Nothing is allocated while the same policies
 * and the same channels are asked about.
 */
final class Operator {

  private static final Rule[] RULES = Rule.values();
  private static final int BITS = 2;
  private static final int MASK = (1 << BITS) - 1;
  private static final int CACHED = 64;

  private final Policy policy;
  private final Assignments assignments;
  private final int synchronousBits;
  private final AtomicReferenceArray<@Nullable Effective> effective =
      new AtomicReferenceArray<>(CACHED);

  /** A client's policy, by identity, and what it comes to. */
  private record Effective(Policy client, Policy together) {}

  /** What the operator has said about one channel, by operation, while the channel is like this. */
  record Standing(Operator operator, ChannelState state, boolean exclusive, int bits) {}

  private Operator(String engine, Policy policy, Assignments assignments) {
    this.policy = policy;
    this.assignments = assignments;
    this.synchronousBits =
        bits(
            policy.synchronous() == Rule.FORBID,
            Map.of(DmaConstants.CHANNEL, "synchronous", DmaConstants.ENGINE, engine));
  }

  /**
   * Reads what a configuration says.
   *
   * @return null if that is nothing
   * @throws IllegalArgumentException naming what is not understood
   */
  static @Nullable Operator of(EngineConfig config) {
    final Policy policy = policy(config.policy());
    final Assignments assignments = Assignments.parse(config.assign());
    return policy.equals(Policy.any()) && assignments.isEmpty()
        ? null
        : new Operator(config.name(), policy, assignments);
  }

  /**
   * Reads an operator's policy.
   *
   * @throws IllegalArgumentException naming what is not understood, or is not the operator's to say
   */
  static Policy policy(String words) {
    final Policy policy = Policy.parse(words);
    if (policy.channelFilter() != null) {
      Assignments.filter(policy.channelFilter());
    }
    if (policy.poolEmpty() != PoolEmpty.ANOTHER_CHANNEL) {
      throw new IllegalArgumentException(
          "poolEmpty is the client's to say: policy="
              + words
              + "; leave it out of the operator's policy");
    }
    return policy;
  }

  Assignments assignments() {
    return assignments;
  }

  String policyText() {
    return policy.text();
  }

  /** What the operator has said about an operation on a channel. */
  Rule standing(ChannelSlot slot, DmaCap op) {
    Standing known = slot.standing;
    final ChannelState state = slot.state();
    final boolean exclusive = slot.exclusive != null;
    if (known == null
        || known.operator() != this
        || known.state() != state
        || known.exclusive() != exclusive) {
      known = new Standing(this, state, exclusive, bits(slot));
      slot.standing = known;
    }
    return rule(known.bits(), op);
  }

  private int bits(ChannelSlot slot) {
    final Map<String, Object> properties = slot.properties();
    final String filter = policy.channelFilter();
    return bits(
        policy.rule(slot.device.device().kind()) == Rule.FORBID
            || filter != null && !Assignments.filter(filter).matches(properties),
        properties);
  }

  private int bits(boolean forbidden, Map<String, Object> properties) {
    int bits = 0;
    for (DmaCap op : DmaCap.values()) {
      final Assignments.Assignment assigned = assignments.of(op);
      final Rule rule =
          forbidden ? Rule.FORBID : assigned == null ? Rule.ALLOW : assigned.rule(properties);
      bits |= rule.ordinal() << BITS * op.ordinal();
    }
    return bits;
  }

  private static Rule rule(int bits, DmaCap op) {
    return RULES[bits >>> BITS * op.ordinal() & MASK];
  }

  /** What a client's policy and the operator say together about the synchronous path. */
  static Rule synchronous(@Nullable Operator operator, Policy client, DmaCap op) {
    final Rule own = client.synchronous();
    if (operator == null || own == Rule.FORBID) {
      return own;
    }
    final Rule said = rule(operator.synchronousBits, op);
    return said == Rule.ALLOW ? own : said;
  }

  /**
   * Whether channels of a certain kind are wanted for an operation, so that size does not count.
   */
  static boolean assigned(@Nullable Operator operator, DmaCap op) {
    return operator != null
        && (operator.policy.channelFilter() != null || operator.assignments.of(op) != null);
  }

  /** A client's policy as narrowed by the operator's; the operator's filter is in the standing. */
  static Policy effective(@Nullable Operator operator, Policy client) {
    return operator == null ? client : operator.effective(client);
  }

  private Policy effective(Policy client) {
    final int at = System.identityHashCode(client) & CACHED - 1;
    final Effective known = effective.get(at);
    if (known != null && known.client() == client) {
      return known.together();
    }
    final Policy together = narrow(client, policy.channels(null));
    effective.set(at, new Effective(client, together));
    return together;
  }

  /** Both policies in one, the operator's filter too, for people. */
  Policy together(Policy client) {
    return narrow(client, policy);
  }

  /**
   * Narrows a client's policy. Forbidden is what either forbids; preferred is what the client
   * prefers, or, if it prefers nothing, the operator; both filters must match; the shorter deadline
   * counts, and the smaller number of attempts if the operator's is not the default; a fault ends
   * the operation if either says so, and so it is with waiting for a suspended channel; what runs
   * synchronously is timed if either wants it. The answer to an empty pool, and bouncing, are the
   * client's.
   */
  private static Policy narrow(Policy client, Policy operator) {
    if (operator.equals(Policy.any())) {
      return client;
    }
    boolean prefers = false;
    for (ProviderKind kind : ProviderKind.values()) {
      prefers |= client.rule(kind) == Rule.PREFER;
    }
    Policy both = client;
    for (ProviderKind kind : ProviderKind.values()) {
      if (operator.rule(kind) == Rule.FORBID
          || operator.rule(kind) == Rule.PREFER && !prefers && client.rule(kind) == Rule.ALLOW) {
        both = both.with(kind, operator.rule(kind));
      }
    }
    final int attempts = operator.attempts();
    return both.channels(and(client.channelFilter(), operator.channelFilter()))
        .deadline(shorter(client.deadline(), operator.deadline()))
        .attempts(
            attempts == Policy.any().attempts()
                ? client.attempts()
                : Math.min(attempts, client.attempts()))
        .onFault(operator.onFault() == OnFault.FAIL ? OnFault.FAIL : client.onFault())
        .onSuspend(operator.onSuspend() == OnSuspend.WAIT ? OnSuspend.WAIT : client.onSuspend())
        .timed(client.timed() || operator.timed());
  }

  private static @Nullable String and(@Nullable String one, @Nullable String other) {
    return one == null ? other : other == null ? one : "(&" + one + other + ')';
  }

  private static @Nullable Duration shorter(@Nullable Duration one, @Nullable Duration other) {
    return one == null || other != null && other.compareTo(one) < 0 ? other : one;
  }

  /**
   * Why the operator keeps an operation off a channel.
   *
   * @return null if he does not
   */
  static @Nullable String refusal(@Nullable Operator operator, ChannelSlot slot, DmaCap op) {
    if (operator == null || operator.standing(slot, op) != Rule.FORBID) {
      return null;
    }
    final ProviderKind kind = slot.device.device().kind();
    if (operator.policy.rule(kind) == Rule.FORBID) {
      return "the operator's policy forbids " + kind;
    }
    final Assignments.Assignment assigned = operator.assignments.of(op);
    return assigned == null || assigned.rule(slot.properties()) != Rule.FORBID
        ? "the filter of the operator's policy leaves it out"
        : "the assignment leaves it out: " + assigned.words();
  }

  /** Why the operator keeps an operation off the synchronous path; null if he does not. */
  static @Nullable String synchronousRefusal(@Nullable Operator operator, DmaCap op) {
    if (operator == null || rule(operator.synchronousBits, op) != Rule.FORBID) {
      return null;
    }
    final Assignments.Assignment assigned = operator.assignments.of(op);
    return operator.policy.synchronous() == Rule.FORBID || assigned == null
        ? "the operator's policy forbids it"
        : "the assignment leaves it out: " + assigned.words();
  }
}
