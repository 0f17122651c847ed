package io.asynctx.it;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.DmaStateClient;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/** A client that takes what it is offered, up to a number, and remembers what it was told. */
final class Holder implements DmaClient {

  final List<DmaChannel> channels = new CopyOnWriteArrayList<>();
  private final List<String> events = new ArrayList<>();
  private final int most;
  private final BiFunction<DmaChannel, DmaState, DmaStateClient> answer;

  /** Takes everything. */
  Holder() {
    this(Integer.MAX_VALUE);
  }

  /** Says NAK to what it is offered beyond a number. */
  Holder(int most) {
    this(most, null);
  }

  /** Asks somebody else first; a null answer of theirs means: as it would itself. */
  Holder(BiFunction<DmaChannel, DmaState, DmaStateClient> answer) {
    this(Integer.MAX_VALUE, answer);
  }

  private Holder(int most, BiFunction<DmaChannel, DmaState, DmaStateClient> answer) {
    this.most = most;
    this.answer = answer;
  }

  @Override
  public DmaStateClient event(DmaChannel channel, DmaState state) {
    synchronized (events) {
      events.add(state + " " + channel.name());
    }
    if (answer != null) {
      final DmaStateClient said = answer.apply(channel, state);
      if (said != null) {
        return said;
      }
    }
    switch (state) {
      case AVAILABLE -> {
        if (channels.size() >= most) {
          return DmaStateClient.NAK;
        }
        channels.add(channel);
      }
      case REMOVED -> channels.remove(channel);
      case SUSPEND, RESUME -> {}
    }
    return DmaStateClient.ACK;
  }

  List<String> events() {
    synchronized (events) {
      return List.copyOf(events);
    }
  }

  long count(String event) {
    return events().stream().filter(event::equals).count();
  }

  List<String> names() {
    return channels.stream().map(DmaChannel::name).sorted().toList();
  }

  /** Registers it on the whiteboard, in the name of the context's bundle. */
  ServiceRegistration<DmaClient> register(BundleContext context, Map<String, ?> properties) {
    return context.registerService(DmaClient.class, this, new Hashtable<>(properties));
  }
}
