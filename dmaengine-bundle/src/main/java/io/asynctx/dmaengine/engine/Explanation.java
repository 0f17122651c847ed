package io.asynctx.dmaengine.engine;

import io.asynctx.async.Policy;
import io.asynctx.async.Rule;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.dto.ExplanationDTO;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Says who would get an operation of AsyncTx now: one without dependencies, on memory of DmaBuffers
 * that is aligned for every device. Asks {@link ChannelChoice}, so it cannot say anything else than
 * what happens.
 *
 * <p>Threading: any thread; changes nothing.
 */
final class Explanation {

  private static final String SYNCHRONOUS = "synchronous";
  private static final int MOST_SOURCES = 255;

  private final Engine engine;
  private final AsyncTxChannels channels;
  private final ChannelChoice choice;

  Explanation(Engine engine, AsyncTxChannels channels) {
    this.engine = engine;
    this.channels = channels;
    this.choice = new ChannelChoice(engine, channels);
  }

  /** See {@link io.asynctx.dmaengine.admin.DmaInspector#explain}. */
  ExplanationDTO of(DmaCap op, long length, int sources, Policy client) {
    check(op, length, sources);
    final Operator operator = engine.operator();
    final Policy policy = Operator.effective(operator, client);
    if (policy.channelFilter() != null) {
      engine.routing().filter(policy.channelFilter());
    }
    final Asked asked = new Asked(op, length, count(op, sources), traits(op), policy);
    final boolean here = op == DmaCap.INTERRUPT || choice.small(op, asked.sources, length, policy);
    final Channel best =
        here ? null : choice.best(op, asked.sources, length, 0, asked.traits, policy, null);
    final List<ExplanationDTO.Verdict> verdicts = new ArrayList<>();
    engine.devices().stream()
        .sorted(Comparator.comparingInt((Device d) -> -d.ranking()))
        .forEach(device ->
            device.slots().forEach(slot -> verdicts.add(channel(slot, asked, best, here))));
    final ExplanationDTO.Verdict synchronous = synchronous(asked, best, here);
    verdicts.add(synchronous);
    return new ExplanationDTO(
        op.name().toLowerCase(Locale.ROOT),
        length,
        sources,
        (operator == null ? client : operator.together(client)).text(),
        best != null ? best.name : synchronous.chosen() ? SYNCHRONOUS : "nobody",
        verdicts);
  }

  private record Asked(DmaCap op, long length, int sources, int traits, Policy policy) {}

  private static void check(DmaCap op, long length, int sources) {
    if (length < 1) {
      throw new IllegalArgumentException("length out of range: length=" + length + ", min=1");
    }
    final int min =
        switch (op) {
          case XOR, XOR_VAL, RAID6_RECOV -> 2;
          case PQ, PQ_VAL -> 1;
          case MEMCPY, MEMSET, INTERRUPT -> 0;
        };
    if (sources < min || sources > MOST_SOURCES) {
      throw new IllegalArgumentException(
          "sources out of range: operation="
              + op
              + ", sources="
              + sources
              + ", min="
              + min
              + ", max="
              + MOST_SOURCES);
    }
  }

  /** As {@link Descriptor#sources} counts them. */
  private static int count(DmaCap op, int sources) {
    return switch (op) {
      case MEMCPY -> 1;
      case MEMSET, INTERRUPT -> 0;
      case XOR, XOR_VAL, PQ -> sources;
      case PQ_VAL, RAID6_RECOV -> sources + 2;
    };
  }

  private static int traits(DmaCap op) {
    return op == DmaCap.PQ || op == DmaCap.PQ_VAL ? Fit.BOTH : 0;
  }

  private ExplanationDTO.Verdict channel(
      ChannelSlot slot, Asked asked, @Nullable Channel best, boolean here) {
    final Channel channel = slot.channel();
    final boolean chosen = best != null && channel == best;
    return new ExplanationDTO.Verdict(
        slot.name,
        slot.device.device().kind().toString(),
        chosen,
        reason(slot, channel, asked, best, here));
  }

  private String reason(
      ChannelSlot slot,
      @Nullable Channel channel,
      Asked asked,
      @Nullable Channel best,
      boolean here) {
    final Lease lease = lease(slot);
    if (lease == null || channel == null) {
      final Lease exclusive = slot.exclusive;
      return exclusive == null
          ? "its state is " + slot.state()
          : "lent to " + exclusive.client.name() + " alone";
    }
    if (asked.op == DmaCap.INTERRUPT) {
      return "a trigger needs no channel";
    }
    final String reason =
        choice.reason(lease, asked.op, asked.sources, asked.length, 0, asked.traits, asked.policy);
    if (!ChannelChoice.MIGHT.equals(reason)) {
      return reason;
    }
    if (here) {
      return "the operation is too small";
    }
    return best == null ? reason : compared(channel, best, asked);
  }

  private String compared(Channel channel, Channel best, Asked asked) {
    final Operator operator = engine.operator();
    final int own = Wish.degree(operator, asked.policy, asked.op, channel);
    if (channel == best) {
      return own == 0 ? "first in ranking, then load" : "preferred";
    }
    if (own < Wish.degree(operator, asked.policy, asked.op, best)) {
      return best.name + " is preferred";
    }
    if (channel.device.ranking() < best.device.ranking()) {
      return "ranked lower than " + best.name;
    }
    return channel.load() > best.load()
        ? "more loaded than " + best.name
        : "comes after " + best.name;
  }

  private @Nullable Lease lease(ChannelSlot slot) {
    for (Lease lease : channels.all()) {
      if (lease.slot == slot) {
        return lease;
      }
    }
    return null;
  }

  private ExplanationDTO.Verdict synchronous(Asked asked, @Nullable Channel best, boolean here) {
    final String refusal = choice.synchronousRefusal(asked.op, asked.policy);
    final boolean chosen = best == null && (here || refusal == null);
    final String reason;
    if (asked.op == DmaCap.INTERRUPT) {
      reason = "a trigger needs no channel";
    } else if (here) {
      reason = "below the threshold: synchronousBelow=" + engine.config().synchronousBelow();
    } else if (refusal != null) {
      reason = refusal;
    } else if (best != null) {
      reason = best.name + " can do it";
    } else {
      reason =
          choice.synchronous(asked.op, asked.policy) == Rule.PREFER
              ? "preferred"
              : "no channel may and can do it";
    }
    return new ExplanationDTO.Verdict(
        SYNCHRONOUS, ProviderKind.SYNCHRONOUS.toString(), chosen, reason);
  }
}
