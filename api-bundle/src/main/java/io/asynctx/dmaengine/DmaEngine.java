package io.asynctx.dmaengine;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The registry of clients and channels. A bundle-scoped service: what a bundle took by calls is
 * given back when it stops. Getting and ungetting it changes nothing else.
 *
 * <p>Clients may as well be whiteboard services, or simply reference {@link DmaChannel} services:
 * all of it is one ledger.
 *
 * <p>Threading: any thread, except that nothing here waits for a client.
 *
 * @see "Linux 2.6.24 drivers/dma/dmaengine.c"
 */
@ProviderType
public interface DmaEngine {

  /**
   * Name of the engine.
   *
   * @return {@code default} unless configured otherwise
   */
  String name();

  /**
   * Registers a client. As in 2007 this alone offers it nothing that is there already; {@link
   * #requestChannels} does, and so does every device that arrives later.
   *
   * @param client the client; a second registration of the same object is refused
   * @param properties as on a whiteboard service: {@link DmaConstants#CLIENT_NAME}, {@link
   *     DmaConstants#CLIENT_CAPABILITY}, {@link DmaConstants#CLIENT_FILTER}, {@link
   *     DmaConstants#CLIENT_YIELDS}
   * @throws IllegalArgumentException if a capability is unknown, the filter does not parse, or the
   *     client is registered already
   * @throws EngineStoppedException if the engine stopped
   * @see "dma_async_client_register"
   */
  void register(DmaClient client, Map<String, ?> properties);

  /**
   * Offers a client every channel that fits and that it does not hold, on its own event thread.
   * Ends a remembered NAK.
   *
   * @param client registered here
   * @throws IllegalArgumentException if it is not registered
   * @throws EngineStoppedException if the engine stopped
   * @see "dma_async_client_chan_request"
   */
  void requestChannels(DmaClient client);

  /**
   * Takes a client off the list, ends its leases, and tells it REMOVED for each. Its operations end
   * normally. Unknown clients are ignored.
   *
   * @param client the client
   * @see "dma_async_client_unregister"
   */
  void unregister(DmaClient client);

  /**
   * Asks for a channel nobody else holds. Holders that yield get REMOVED, and AVAILABLE again after
   * the release; meanwhile the channel is no service and is offered to nobody.
   *
   * @param client registered here
   * @param wanted capabilities the channel must have
   * @param filter an LDAP filter over channel properties; null for any
   * @return the channel, or null if no channel fits at all
   * @throws ChannelBusyException if channels fit but others hold them; names the holders
   * @throws IllegalArgumentException if the client is not registered or the filter does not parse
   * @throws EngineStoppedException if the engine stopped
   * @see "Linux dma_request_channel"
   */
  @Nullable DmaChannel requestExclusive(DmaClient client, DmaCaps wanted, @Nullable String filter);

  /**
   * Gives one channel back. The operations given to it end normally. A lease that has ended already
   * is ignored.
   *
   * @param client registered here
   * @param channel a channel it holds
   * @see "Linux dma_release_channel"
   */
  void release(DmaClient client, DmaChannel channel);

  /** Gives every channel's device everything submitted so far. */
  void issuePendingAll();
}
