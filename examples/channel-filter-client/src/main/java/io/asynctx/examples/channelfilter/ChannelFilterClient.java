package io.asynctx.examples.channelfilter;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.DmaStateClient;
import io.asynctx.memory.DmaBuffers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * Section 4.2 of the document as a bundle: a client that takes a number of channels whose platform
 * has a certain property, which no capability mask can express. It only has to be installed; the
 * engine finds it as a whiteboard service. Shell commands: {@code example:held}, {@code
 * example:work}.
 *
 * <p>Threading: {@link #event} by one engine thread at a time; all else by any thread.
 *
 * @see "Linux Documentation/crypto/async-tx-api.txt, section 4.2"
 */
@Component(
    service = {DmaClient.class, ChannelFilterClient.class},
    configurationPid = "io.asynctx.examples.channelfilter",
    property = {
      "dma.client.name=channel-filter",
      "dma.capability=MEMCPY",
      "osgi.command.scope=example",
      "osgi.command.function=held",
      "osgi.command.function=work"
    })
@Designate(ocd = ChannelFilterClient.Config.class)
public final class ChannelFilterClient implements DmaClient {

  /** What this client wants. */
  @ObjectClassDefinition(name = "Example: a client with a channel filter of its own")
  public @interface Config {
    /**
     * The property.
     *
     * @return its name
     */
    @AttributeDefinition(description = "property of the device a channel must have")
    String property_name() default "platform.example.region";

    /**
     * Its value.
     *
     * @return compared as text; empty for any
     */
    @AttributeDefinition(description = "value the property must have; empty: any value will do")
    String property_value() default "";

    /**
     * How many channels.
     *
     * @return at least 1
     */
    @AttributeDefinition(description = "how many channels to take, at least 1")
    int wanted() default 1;
  }

  private final Config config;
  private final VerifiedCopy work;

  /** Channels held, each with whether it is suspended. */
  private final Map<DmaChannel, Boolean> held = new ConcurrentHashMap<>();

  /**
   * By configuration.
   *
   * @param config what is wanted
   * @param buffers where the memory of {@link #work()} comes from
   * @throws IllegalArgumentException if it wants less than one channel
   */
  @Activate
  public ChannelFilterClient(Config config, @Reference DmaBuffers buffers) {
    if (config.wanted() < 1) {
      throw new IllegalArgumentException(
          "too few channels wanted: wanted=" + config.wanted() + ", min=1");
    }
    this.config = config;
    this.work = new VerifiedCopy(buffers);
  }

  @Override
  public DmaStateClient event(DmaChannel channel, DmaState state) {
    return switch (state) {
      case AVAILABLE -> offered(channel);
      case REMOVED -> held.remove(channel) == null ? DmaStateClient.DUP : DmaStateClient.ACK;
      case SUSPEND -> marked(channel, true);
      case RESUME -> marked(channel, false);
    };
  }

  /**
   * From the channel to its device to the platform's own property; what lacks it is passed over.
   */
  private DmaStateClient offered(DmaChannel channel) {
    final Object value = channel.deviceProperties().get(config.property_name());
    if (value == null || !accepts(value) || held.containsKey(channel)) {
      return DmaStateClient.DUP;
    }
    if (held.size() >= config.wanted()) {
      return DmaStateClient.NAK;
    }
    held.put(channel, false);
    return DmaStateClient.ACK;
  }

  private boolean accepts(Object value) {
    return config.property_value().isEmpty()
        || config.property_value().equals(String.valueOf(value));
  }

  private DmaStateClient marked(DmaChannel channel, boolean suspended) {
    return held.computeIfPresent(channel, (c, was) -> suspended) == null
        ? DmaStateClient.DUP
        : DmaStateClient.ACK;
  }

  /**
   * The channels it holds.
   *
   * @return their names, sorted; a suspended one says so
   */
  public List<String> held() {
    return held.entrySet().stream()
        .map(e -> e.getKey().name() + (e.getValue() ? " (suspended)" : ""))
        .sorted()
        .toList();
  }

  /**
   * Copies and verifies a little memory over each channel it holds, suspended ones excepted.
   *
   * @return one line for each channel
   */
  public List<String> work() {
    final List<String> lines = new ArrayList<>();
    held.forEach((channel, suspended) ->
        lines.add(suspended ? channel.name() + ": suspended, not used" : work.over(channel)));
    lines.sort(null);
    return lines;
  }
}
