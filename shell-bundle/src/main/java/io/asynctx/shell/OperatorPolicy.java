package io.asynctx.shell;

import io.asynctx.async.Policy;
import io.asynctx.async.Rule;
import io.asynctx.dmaengine.ProviderKind;
import java.time.Duration;

/**
 * The operator's policy as {@code dma:policy} shows it: its words, and what they mean.
 *
 * @param words as {@link Policy#parse} reads them; empty for any
 * @param hardware what holds for devices
 * @param emulated what holds for models of devices
 * @param software what holds for CPU channels
 * @param synchronous what holds for running without a channel
 * @param channels a filter every channel must fit, or {@code any}
 * @param deadline the longest deadline, or {@code none}
 */
record OperatorPolicy(
    String words,
    String hardware,
    String emulated,
    String software,
    String synchronous,
    String channels,
    String deadline) {

  static OperatorPolicy of(String words) {
    final Policy policy = Policy.parse(words);
    final String filter = policy.channelFilter();
    final Duration deadline = policy.deadline();
    return new OperatorPolicy(
        words,
        inWords(policy.rule(ProviderKind.HARDWARE)),
        inWords(policy.rule(ProviderKind.EMULATED)),
        inWords(policy.rule(ProviderKind.SOFTWARE)),
        inWords(policy.rule(ProviderKind.SYNCHRONOUS)),
        filter == null ? "any" : filter,
        deadline == null
            ? "none"
            : Policy.any().deadline(deadline).text().substring("deadline=".length()));
  }

  private static String inWords(Rule rule) {
    return switch (rule) {
      case PREFER -> "used first, where the client prefers nothing";
      case ALLOW -> "may be used";
      case FORBID -> "never used";
    };
  }
}
