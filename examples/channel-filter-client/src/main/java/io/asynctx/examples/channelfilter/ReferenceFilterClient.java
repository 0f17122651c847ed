package io.asynctx.examples.channelfilter;

import io.asynctx.dmaengine.DmaChannel;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/**
 * The same once more without any {@link io.asynctx.dmaengine.DmaClient}: channels are services, so
 * a reference with a target is a filter, bind is AVAILABLE and ACK, unbind is REMOVED. The lease
 * begins and ends with the reference.
 *
 * <p>Threading: any thread.
 */
@Component(service = ReferenceFilterClient.class, immediate = true)
public final class ReferenceFilterClient {

  private final Set<DmaChannel> held = ConcurrentHashMap.newKeySet();

  /** Holds nothing yet. */
  @Activate
  public ReferenceFilterClient() {}

  @Reference(
      target = "(&(dma.capability=MEMCPY)(platform.example.region=*))",
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void addChannel(DmaChannel channel) {
    held.add(channel);
  }

  void removeChannel(DmaChannel channel) {
    held.remove(channel);
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
