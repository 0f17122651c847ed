package io.asynctx.dmaengine.dto;

/**
 * A client's hold on a channel.
 *
 * @param channel name of the channel
 * @param client name of the client
 * @param bundle symbolic name of its bundle
 * @param via {@code whiteboard}, {@code call}, {@code service} or {@code async_tx}
 * @param exclusive whether nobody else may hold it
 * @param sinceMillis when it began, milliseconds since 1970
 * @param operations operations of the client on that channel that have not ended
 */
public record LeaseDTO(
    String channel,
    String client,
    String bundle,
    String via,
    boolean exclusive,
    long sinceMillis,
    long operations) {}
