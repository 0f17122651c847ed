package io.asynctx.async;

import io.asynctx.dmaengine.ProviderKind;
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
 */
public record Policy(
    Rule hardware,
    Rule emulated,
    Rule software,
    Rule synchronous,
    @Nullable String channelFilter,
    PoolEmpty poolEmpty) {

  private static final Policy ANY =
      new Policy(Rule.ALLOW, Rule.ALLOW, Rule.ALLOW, Rule.ALLOW, null, PoolEmpty.ANOTHER_CHANNEL);

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
        poolEmpty);
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
    return new Policy(hardware, emulated, software, synchronous, filter, poolEmpty);
  }

  /**
   * With another answer to an empty pool.
   *
   * @param poolEmpty the answer
   * @return a changed copy
   */
  public Policy poolEmpty(PoolEmpty poolEmpty) {
    return new Policy(hardware, emulated, software, synchronous, channelFilter, poolEmpty);
  }
}
