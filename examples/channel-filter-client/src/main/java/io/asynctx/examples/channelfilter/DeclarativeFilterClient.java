package io.asynctx.examples.channelfilter;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.DmaStateClient;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * The declarative form of {@link ChannelFilterClient}: mask and filter are service properties, so
 * the engine offers only what fits, and there is nothing left to decide. It takes all of it. What
 * it cannot say is "this many and no more"; that needs a callback's NAK.
 *
 * <p>Threading: {@link #event} by one engine thread at a time; all else by any thread.
 */
@Component(
    service = {DmaClient.class, DeclarativeFilterClient.class},
    property = {
      "dma.client.name=declarative-filter",
      "dma.capability=MEMCPY",
      "dma.channel.filter=(platform.example.region=*)"
    })
public final class DeclarativeFilterClient implements DmaClient {

  private final Set<DmaChannel> held = ConcurrentHashMap.newKeySet();

  /** Holds nothing yet. */
  @Activate
  public DeclarativeFilterClient() {}

  @Override
  public DmaStateClient event(DmaChannel channel, DmaState state) {
    switch (state) {
      case AVAILABLE -> held.add(channel);
      case REMOVED -> held.remove(channel);
      case SUSPEND, RESUME -> {} // submitted work waits by itself
    }
    return DmaStateClient.ACK;
  }

  /**
   * The channels it holds.
   *
   * @return their names, sorted
   */
  public List<String> held() {
    return held.stream().map(DmaChannel::name).sorted().toList();
  }
}
