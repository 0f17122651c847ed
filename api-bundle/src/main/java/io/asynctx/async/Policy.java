package io.asynctx.async;

import io.asynctx.dmaengine.ProviderKind;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Who may run an operation. Immutable; the methods make changed copies, so that it reads {@code
 * Policy.any().prefer(HARDWARE).poolEmpty(FAIL)}.
 *
 * @param hardware rule for devices
 * @param emulated rule for models of devices
 * @param software rule for CPU channels
 * @param synchronous rule for running without a channel, in the caller or, displaced, on an engine
 *     worker
 * @param channelFilter an LDAP filter over channel properties; null for any channel
 * @param poolEmpty what to do when no descriptor is free
 * @param deadline how long after its submission it may still be given to a device, started again,
 *     or run in the caller; what a device has then goes on, and keeps its buffers, until that is
 *     done. Null for ever
 * @param onSuspend what becomes of it when the channel it is queued on is suspended
 * @param onFault what becomes of it when its device fails
 * @param attempts how often it may be given to a device before it counts as poison, 1 to 100
 * @param timed whether the synchronous path reads the clock for it
 */
public record Policy(
    Rule hardware,
    Rule emulated,
    Rule software,
    Rule synchronous,
    @Nullable String channelFilter,
    PoolEmpty poolEmpty,
    @Nullable Duration deadline,
    OnSuspend onSuspend,
    OnFault onFault,
    int attempts,
    boolean timed) {

  private static final Policy ANY =
      new Policy(
          Rule.ALLOW,
          Rule.ALLOW,
          Rule.ALLOW,
          Rule.ALLOW,
          null,
          PoolEmpty.ANOTHER_CHANNEL,
          null,
          OnSuspend.MOVE,
          OnFault.FAILOVER,
          3,
          false);

  /** Checks the deadline and the attempts. */
  public Policy {
    if (deadline != null && (deadline.isNegative() || deadline.isZero())) {
      throw new IllegalArgumentException(
          "deadline must be positive: deadline=" + deadline + "; give null for none");
    }
    if (attempts < 1 || attempts > 100) {
      throw new IllegalArgumentException(
          "attempts out of range: attempts=" + attempts + ", min=1, max=100");
    }
  }

  /**
   * The default: any kind of provider, in ranking order.
   *
   * @return the policy
   */
  public static Policy any() {
    return ANY;
  }

  /**
   * Any kind, hardware first.
   *
   * @return the policy
   */
  public static Policy preferHardware() {
    return ANY.prefer(ProviderKind.HARDWARE);
  }

  /**
   * The rule for a kind.
   *
   * @param kind the kind
   * @return its rule
   */
  public Rule rule(ProviderKind kind) {
    return switch (kind) {
      case HARDWARE -> hardware;
      case EMULATED -> emulated;
      case SOFTWARE -> software;
      case SYNCHRONOUS -> synchronous;
    };
  }

  /**
   * With another rule for one kind.
   *
   * @param kind the kind
   * @param rule its rule
   * @return a changed copy
   */
  public Policy with(ProviderKind kind, Rule rule) {
    return new Policy(
        kind == ProviderKind.HARDWARE ? rule : hardware,
        kind == ProviderKind.EMULATED ? rule : emulated,
        kind == ProviderKind.SOFTWARE ? rule : software,
        kind == ProviderKind.SYNCHRONOUS ? rule : synchronous,
        channelFilter,
        poolEmpty,
        deadline,
        onSuspend,
        onFault,
        attempts,
        timed);
  }

  private Policy with(@Nullable String filter, PoolEmpty empty, @Nullable Duration until) {
    return new Policy(
        hardware,
        emulated,
        software,
        synchronous,
        filter,
        empty,
        until,
        onSuspend,
        onFault,
        attempts,
        timed);
  }

  private Policy with(OnSuspend suspended, OnFault fault, int times, boolean clock) {
    return new Policy(
        hardware,
        emulated,
        software,
        synchronous,
        channelFilter,
        poolEmpty,
        deadline,
        suspended,
        fault,
        times,
        clock);
  }

  /**
   * With one kind preferred.
   *
   * @param kind the kind
   * @return a changed copy
   */
  public Policy prefer(ProviderKind kind) {
    return with(kind, Rule.PREFER);
  }

  /**
   * With one kind forbidden.
   *
   * @param kind the kind
   * @return a changed copy
   */
  public Policy forbid(ProviderKind kind) {
    return with(kind, Rule.FORBID);
  }

  /**
   * With every other kind forbidden.
   *
   * @param kind the kind
   * @return a changed copy
   */
  public Policy require(ProviderKind kind) {
    Policy policy = this;
    for (ProviderKind other : ProviderKind.values()) {
      policy = policy.with(other, other == kind ? Rule.ALLOW : Rule.FORBID);
    }
    return policy;
  }

  /**
   * With a filter over channels.
   *
   * @param filter an LDAP filter, checked at its first use; null for any channel
   * @return a changed copy
   */
  public Policy channels(@Nullable String filter) {
    return with(filter, poolEmpty, deadline);
  }

  /**
   * With another answer to an empty pool.
   *
   * @param poolEmpty the answer
   * @return a changed copy
   */
  public Policy poolEmpty(PoolEmpty poolEmpty) {
    return with(channelFilter, poolEmpty, deadline);
  }

  /**
   * With a deadline.
   *
   * @param deadline after the submission, positive; null for none
   * @return a changed copy
   */
  public Policy deadline(@Nullable Duration deadline) {
    return with(channelFilter, poolEmpty, deadline);
  }

  /**
   * With another answer to a suspended channel.
   *
   * @param onSuspend the answer
   * @return a changed copy
   */
  public Policy onSuspend(OnSuspend onSuspend) {
    return with(onSuspend, onFault, attempts, timed);
  }

  /**
   * With another answer to a failed device.
   *
   * @param onFault the answer
   * @return a changed copy
   */
  public Policy onFault(OnFault onFault) {
    return with(onSuspend, onFault, attempts, timed);
  }

  /**
   * With another number of attempts.
   *
   * @param attempts 1 to 100
   * @return a changed copy
   */
  public Policy attempts(int attempts) {
    return with(onSuspend, onFault, attempts, timed);
  }

  /**
   * With the clock read on the synchronous path, too, or not.
   *
   * @param timed whether it is
   * @return a changed copy
   */
  public Policy timed(boolean timed) {
    return with(onSuspend, onFault, attempts, timed);
  }

  /**
   * Reads a policy from words, as a configuration or a shell has it: {@code prefer=hardware
   * forbid=emulated deadline=5ms}. Kinds are {@code hardware}, {@code emulated}, {@code software}
   * and {@code synchronous}; the words are {@code require}, {@code prefer}, {@code allow}, {@code
   * forbid}, each with a kind, and {@code channels}, {@code poolEmpty}, {@code deadline} (with ns,
   * us, ms or s), {@code onSuspend}, {@code onFault}, {@code attempts} and {@code timed}. What is
   * not said is as in {@link #any()}.
   *
   * @param words separated by blanks; empty for {@link #any()}
   * @return the policy
   * @throws IllegalArgumentException naming the word that is not understood, and what would be
   */
  public static Policy parse(String words) {
    return PolicyText.parse(words);
  }

  /**
   * The words that {@link #parse} reads back.
   *
   * @return empty for {@link #any()}
   */
  public String text() {
    return PolicyText.of(this);
  }
}
