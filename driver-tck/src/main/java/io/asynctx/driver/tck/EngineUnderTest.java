package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.driver.DmaDevice;

/**
 * An engine the kit may use, for the contracts that need one. Whoever runs the kit brings it; the
 * kit itself knows no engine.
 *
 * <p>Threading: {@link #lease} and {@link #close} are called once each, by one thread.
 */
public interface EngineUnderTest extends AutoCloseable {

  /**
   * Gives a device to the engine and takes a lease on one of its channels, through DmaEngine and
   * DmaClient.
   *
   * @param device the device, all its channels closed
   * @return a channel of that device
   * @throws Exception if that cannot be done
   */
  DmaChannel lease(DmaDevice device) throws Exception;

  /**
   * Ends the lease and takes the device away from the engine: its channels are closed afterwards.
   */
  @Override
  void close();
}
