package io.asynctx.dmaengine;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Someone who wants channels: a whiteboard service, or registered by call with {@link
 * DmaEngine#register}. Mask and filter are service properties ({@link
 * DmaConstants#CLIENT_CAPABILITY}, {@link DmaConstants#CLIENT_FILTER}); what they cannot say, the
 * callback can, by answering {@link DmaStateClient#DUP}.
 *
 * <p>Threading: the engine calls a client's events one after the other, in order, on a thread of
 * its own and under no lock; different clients are called at the same time. A client that throws,
 * answers null or takes too long is reported and taken to have said {@link DmaStateClient#DUP}; it
 * holds up nobody else. The callback may call the engine, and may stop bundles.
 *
 * @see "Linux 2.6.24 include/linux/dmaengine.h, struct dma_client, dma_event_callback"
 */
@ConsumerType
@FunctionalInterface
public interface DmaClient {

  /**
   * Tells this client about a channel.
   *
   * @param channel the channel, always the same object for the same client and channel; usable for
   *     work from the moment ACK has been answered until REMOVED
   * @param state what happened to it
   * @return the answer; only that to {@link DmaState#AVAILABLE} matters
   */
  DmaStateClient event(DmaChannel channel, DmaState state);
}
