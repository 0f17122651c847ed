package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A place for a channel: what clients are offered and lease, and what is registered as a service.
 * The channel in it is opened with the first lease and closed after the last.
 *
 * <p>Threading: fields change under the control lock of the device; anyone reads.
 */
final class ChannelSlot {

  final Device device;
  final int index;
  final String name;
  final DmaCaps caps;
  final DeviceLimits limits;
  private final Engine engine;
  private final int numaNode;
  private final Map<String, Object> platform = new TreeMap<>();
  final Health health = new Health();
  final LongAdder resets = new LongAdder();

  private static final long FIRST_RETRY_NANOS = 50_000_000L;

  /** 50 ms doubled so often are 51 s. */
  private static final int MOST_DOUBLINGS = 10;

  private int openFailures;
  private long openAgainAt;

  private volatile @Nullable Channel channel;

  /** What the operator has said about it; a cache. */
  volatile Operator.@Nullable Standing standing;

  /** Held by one client alone; null if it is shared. Under the ledger's lock. */
  volatile @Nullable Lease exclusive;

  ChannelSlot(Engine engine, Device device, int index) {
    this.engine = engine;
    this.device = device;
    this.index = index;
    this.name = device.name() + '/' + index;
    final DmaDevice d = device.device();
    this.caps = d.capabilities(index);
    this.limits = d.limits(index);
    this.numaNode = d.numaNode();
    device.properties().forEach(this::platformProperty);
    if (caps.equals(DmaCaps.ANY)) {
      throw new IllegalArgumentException("channel without capability: channel=" + name);
    }
  }

  /** What the device's platform says of it, its channels say too; names of OSGi are not copied. */
  private void platformProperty(String key, Object value) {
    if (!key.startsWith("service.")
        && !key.startsWith("component.")
        && !key.startsWith("felix.")
        && !key.equals("objectClass")) {
      platform.put(key, value);
    }
  }

  /** Opening it failed: it is tried again, after twice as long each time. Returns how often now. */
  synchronized int openFailed(long now) {
    openFailures++;
    openAgainAt = now + (FIRST_RETRY_NANOS << Math.min(openFailures, MOST_DOUBLINGS));
    return openFailures;
  }

  synchronized void opened() {
    openFailures = 0;
  }

  /** Whether it is time to try again; once for each failure. */
  synchronized boolean openAgain(long now) {
    if (openFailures == 0 || openAgainAt == 0 || now - openAgainAt < 0) {
      return false;
    }
    openAgainAt = 0;
    return true;
  }

  @Nullable Channel channel() {
    return channel;
  }

  /** Under the control lock. */
  void channel(@Nullable Channel next) {
    channel = next;
  }

  Engine engine() {
    return engine;
  }

  ChannelState state() {
    final Channel now = channel;
    if (now != null) {
      return now.state();
    }
    if (device.leaving()) {
      return ChannelState.GONE;
    }
    return health.suspended() ? ChannelState.SUSPENDED : ChannelState.OPENING;
  }

  /** Service properties of the channel. */
  Map<String, Object> properties() {
    final Map<String, Object> properties = new TreeMap<>(platform);
    final ProviderKind kind = device.device().kind();
    properties.put(DmaConstants.CHANNEL, name);
    properties.put(DmaConstants.DEVICE, device.name());
    properties.put(DmaConstants.DRIVER, device.driver());
    properties.put(DmaConstants.DRIVER_VERSION, device.driverVersion());
    properties.put(DmaConstants.CAPABILITY, caps.toNames());
    properties.put(DmaConstants.MAX_XOR, limits.maxXor());
    properties.put(DmaConstants.MAX_PQ, limits.maxPq());
    properties.put(DmaConstants.MAX_TRANSFER, limits.maxTransfer());
    properties.put(DmaConstants.NUMA_NODE, numaNode);
    properties.put(DmaConstants.EMULATED, kind == ProviderKind.EMULATED);
    properties.put(DmaConstants.HARDWARE, kind == ProviderKind.HARDWARE);
    properties.put(DmaConstants.EXCLUSIVE, exclusive != null);
    properties.put(DmaConstants.STATE, state().name());
    properties.put(DmaConstants.ENGINE, engine.name());
    properties.put("service.ranking", device.ranking());
    return properties;
  }

  @Override
  public String toString() {
    return name;
  }
}
