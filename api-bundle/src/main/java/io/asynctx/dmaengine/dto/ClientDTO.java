package io.asynctx.dmaengine.dto;

import java.util.List;

/**
 * A client.
 *
 * @param name its name
 * @param bundle symbolic name of its bundle
 * @param via {@code whiteboard}, {@code call}, {@code service} or {@code async_tx}
 * @param capabilities what it needs; empty means anything
 * @param filter its channel filter; empty if none
 * @param yields whether it gives way to exclusivity
 * @param problem why it is offered nothing; empty if all is well
 * @param satisfied whether a NAK is remembered
 * @param events how many events it was sent
 * @param leases what it holds
 */
public record ClientDTO(
    String name,
    String bundle,
    String via,
    List<String> capabilities,
    String filter,
    boolean yields,
    String problem,
    boolean satisfied,
    long events,
    List<Lease> leases) {

  /**
   * A client's hold on a channel.
   *
   * @param channel name of the channel
   * @param exclusive whether nobody else may hold it
   * @param sinceMillis when it began, milliseconds since 1970
   */
  public record Lease(String channel, boolean exclusive, long sinceMillis) {}
}
