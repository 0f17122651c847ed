package io.asynctx.dmaengine.driver;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Told by devices that work on the CPU, of each transfer, when its first byte is about to be
 * touched: a whiteboard service for whoever must know, outside the engine, how often something was
 * executed. In ordinary life there is none, and a driver asks nobody.
 *
 * <p>Threading: the thread that does the work, inside its poll; it must not wait, and not call the
 * engine.
 */
@ConsumerType
@FunctionalInterface
public interface TransferObserver {

  /**
   * A transfer begins, or goes on after it was moved in the middle: then its offset is not 0.
   *
   * @param channel name of the channel
   * @param transfer valid during the call only
   */
  void begins(String channel, Transfer transfer);
}
