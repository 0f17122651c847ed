package io.asynctx.dmaengine.driver;

import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A device, registered by its driver as a service, one service per device. The engine opens its
 * channels when somebody first wants one, and has let go of everything before the service's unbind
 * returns. Service properties: {@link io.asynctx.dmaengine.DmaConstants#DEVICE} (its name), and
 * whatever its platform has to say to clients' filters.
 *
 * <p>Threading: the describing methods are pure and may be called by any thread; {@link #open} by
 * one at a time.
 *
 * @see "Linux include/linux/dmaengine.h, struct dma_device"
 */
@ConsumerType
public interface DmaDevice {

  /**
   * Its name, unique in an engine.
   *
   * @return e.g. {@code soft0}: letters, digits, dots, dashes and underscores
   */
  String name();

  /**
   * What kind it is. A model says {@link ProviderKind#EMULATED}.
   *
   * @return never {@link ProviderKind#SYNCHRONOUS}
   */
  ProviderKind kind();

  /**
   * How many channels it has. Constant.
   *
   * @return at least 1
   */
  int channels();

  /**
   * What a channel can do. Constant.
   *
   * @param channel 0 to {@link #channels()} - 1
   * @return at least one capability
   */
  DmaCaps capabilities(int channel);

  /**
   * What a channel takes in one go. Constant.
   *
   * @param channel 0 to {@link #channels()} - 1
   * @return the limits
   */
  DeviceLimits limits(int channel);

  /**
   * Opens a channel, for one engine alone, ready to work at full speed.
   *
   * @param channel 0 to {@link #channels()} - 1
   * @return the driver's side of it; given back by {@link ChannelOps#close()}, after which it may
   *     be opened again
   * @throws io.asynctx.dmaengine.ChannelBusyException if it is open already, naming the channel
   * @throws IllegalStateException if the device cannot work, with the reason and the remedy
   */
  ChannelOps open(int channel);

  /**
   * The NUMA node of the device.
   *
   * @return -1 if unknown
   */
  default int numaNode() {
    return -1;
  }
}
