package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DescriptorSnapshot;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.Provenance;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Readable pictures of descriptors. Allocates; not for the fast path. */
final class Snapshots {

  private static final Provider NOBODY = new Provider(ProviderKind.SYNCHRONOUS, "", "", "", "");

  private Snapshots() {}

  static DescriptorSnapshot of(Engine engine, Descriptor d, long handle) {
    final long word = d.word();
    final boolean done = Descriptor.state(word) == Descriptor.DONE;
    final TransferResult result = done ? d.result : null;
    final Owner owner = d.owner;
    return new DescriptorSnapshot(
        handle,
        Handle.text(handle),
        d.op,
        d.length,
        owner == null ? engine.name() : owner.name(),
        Descriptor.stateName(word),
        result == null ? DmaStatus.IN_PROGRESS : result.status(),
        result,
        done ? d.residue : 0,
        done ? d.sumBits : 0,
        (word & Descriptor.ACKED) != 0,
        done ? d.detail : "",
        provenance(d, done));
  }

  private static long nanos(long from, long to) {
    return from == 0 || to == 0 ? -1 : Math.max(0, to - from);
  }

  static Provenance provenance(Descriptor d, boolean done) {
    final Channel channel = d.channel;
    final Provider ran = d.provider;
    final Provider by = done && ran != null ? ran : channel == null ? NOBODY : channel.provider;
    final @Nullable String reasons = d.reasons;
    return new Provenance(
        by.kind(),
        by.channel(),
        by.device(),
        by.driver(),
        by.driverVersion(),
        d.attempts,
        d.displaced,
        reasons == null ? List.of() : reasons.lines().toList(),
        d.routed ? d.route.names() : List.of(),
        queueNanos(d),
        done ? serviceNanos(d) : -1);
  }

  /** Of an operation that the first channel it was given to ran at its first attempt. */
  static Provenance ordinary(Provider by, long queueNanos, long serviceNanos) {
    return new Provenance(
        by.kind(),
        by.channel(),
        by.device(),
        by.driver(),
        by.driverVersion(),
        1,
        false,
        List.of(),
        List.of(by.channel()),
        queueNanos,
        serviceNanos);
  }

  /** Whether {@link #ordinary} says all there is to say. */
  static boolean ordinary(Descriptor d) {
    final Provider by = d.provider;
    return by != null
        && d.routed
        && d.route.led(by)
        && d.attempts == 1
        && !d.displaced
        && d.reasons == null
        && d.detail.isEmpty();
  }

  /** How long an operation waited for a device; -1 if it is not known. */
  static long queueNanos(Descriptor d) {
    return nanos(d.issuedAt, d.pushedAt);
  }

  /** How long a device had one that ended; -1 if it is not known. */
  static long serviceNanos(Descriptor d) {
    return nanos(d.pushedAt, d.endedAt);
  }
}
