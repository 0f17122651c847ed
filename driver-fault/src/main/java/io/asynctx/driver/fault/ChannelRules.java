package io.asynctx.driver.fault;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The rules as one channel sees them. What it decides depends on the seed, the channel and the
 * sequence of its transfers alone, over all of its openings.
 *
 * <p>Threading: owned by the pusher; pushers follow one another.
 */
final class ChannelRules {
  /** Nothing happens to this transfer. */
  static final int NONE = -1;

  private final Rules rules;
  private final int channel;
  private final DeviceLimits limits;
  private final long[] seen;
  private final long[] decided;

  /** What was counted last, to be taken back. */
  private final boolean[] counted;

  private int lastDecision = NONE;

  ChannelRules(Rules rules, int channel, DeviceLimits limits) {
    this.rules = rules;
    this.channel = channel;
    this.limits = limits;
    seen = new long[rules.size()];
    decided = new long[rules.size()];
    counted = new boolean[rules.size()];
  }

  boolean none() {
    return seen.length == 0;
  }

  DeviceLimits limits() {
    return limits;
  }

  Rule rule(int index) {
    return rules.get(index);
  }

  void fired(int index) {
    rules.fired(index);
  }

  /**
   * Which rule has this transfer. Counts nothing: the transfer may yet be refused.
   *
   * @return its index, or {@link #NONE}
   */
  int decide(Transfer transfer) {
    for (int i = 0; i < seen.length; i++) {
      final Rule rule = rules.get(i);
      if (concerns(rule, transfer) && decided[i] < rule.times() && chosen(rule, i, seen[i] + 1)) {
        return i;
      }
    }
    return NONE;
  }

  /**
   * Counts a transfer.
   *
   * @param decision what was decided about it
   */
  void count(Transfer transfer, int decision) {
    for (int i = 0; i < seen.length; i++) {
      counted[i] = concerns(rules.get(i), transfer);
      seen[i] += counted[i] ? 1 : 0;
    }
    lastDecision = decision;
    if (decision != NONE) {
      decided[decision]++;
    }
  }

  /** Takes the last count back: the transfer was refused, and comes again. */
  void takeBack() {
    for (int i = 0; i < seen.length; i++) {
      seen[i] -= counted[i] ? 1 : 0;
    }
    if (lastDecision != NONE) {
      decided[lastDecision]--;
    }
  }

  private boolean concerns(Rule rule, Transfer transfer) {
    if (rule.channel() >= 0 && rule.channel() != channel
        || rule.operation() != null && rule.operation() != transfer.operation()) {
      return false;
    }
    return switch (rule.kind()) {
      case CORRUPT -> transfer.destinations() > 0;
      case PARTIAL -> part(rule, transfer) > 0;
      default -> true;
    };
  }

  private boolean chosen(Rule rule, int index, long number) {
    if (rule.nth() > 0) {
      return number == rule.nth();
    }
    if (rule.every() > 0) {
      return number % rule.every() == 0;
    }
    return rule.probability() < 0 || draw(index, number) < rule.probability();
  }

  /** From 0 to 1, the same for the same seed, rule, channel and number. */
  private double draw(int index, long number) {
    return (chance(index, number) >>> 11) * 0x1p-53;
  }

  private long chance(int index, long number) {
    long z = rules.seed() + 0x9e3779b97f4a7c15L * (number + 1);
    z ^= 0xd1b54a32d192ed03L * (index + 1) ^ 0x8cb92ba72f3d8dd7L * (channel + 1);
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }

  /**
   * How much of a transfer a partial does.
   *
   * @return bytes, a multiple of the alignment; 0 if it cannot be done in part
   */
  long part(Rule rule, Transfer transfer) {
    if (transfer.destinations() == 0 || transfer.length() < 2 || startsAtTheEnd(transfer)) {
      return 0;
    }
    final long wanted = rule.number() > 0 ? rule.number() : transfer.length() / 2;
    final long most = Math.min(wanted, transfer.length() - 1);
    return most - most % alignment(transfer.operation());
  }

  private int alignment(DmaCap operation) {
    return switch (operation) {
      case MEMCPY -> limits.copyAlignment();
      case MEMSET -> limits.fillAlignment();
      case XOR, XOR_VAL -> limits.xorAlignment();
      case PQ, PQ_VAL, RAID6_RECOV -> limits.pqAlignment();
      case INTERRUPT -> 1;
    };
  }

  /** A copy onto itself whose first bytes, done alone, would destroy the source of the rest. */
  private static boolean startsAtTheEnd(Transfer transfer) {
    if (transfer.operation() != DmaCap.MEMCPY) {
      return false;
    }
    final @Nullable MemorySegment to = transfer.destination(0);
    final @Nullable MemorySegment from = transfer.source(0);
    if (to == null || from == null) {
      return true;
    }
    final long ahead = to.address() - from.address();
    return ahead > 0 && ahead < transfer.length();
  }
}
