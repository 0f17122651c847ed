package io.asynctx.bench.peer;

import io.asynctx.bench.Pairs;
import io.asynctx.bench.Variant;
import io.asynctx.debian.UnavailableException;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/**
 * A way to hand copies to another thread. Those of other libraries stand in a source root of their
 * own, which only the Maven profile {@code peers} compiles, and are found by {@link ServiceLoader}.
 */
public interface HandOffPeer {

  /** Copies of a run that are handed over together, where that can be. */
  int BATCH = 32;

  /** One open way, with its thread. */
  interface Link extends Variant, AutoCloseable {
    @Override
    void close();
  }

  /**
   * Its name.
   *
   * @return as in the table
   */
  String title();

  /**
   * Its version.
   *
   * @return for the column of versions
   */
  String version();

  /**
   * Starts it. A run of the link hands so many copies over, never more than {@link Pairs#COUNT} at
   * a time, and returns when the last is done.
   *
   * @param pairs what is copied, one after the other
   * @return the link
   * @throws UnavailableException if it cannot be started here
   */
  Link open(Pairs pairs) throws UnavailableException;

  /**
   * Finds one.
   *
   * @param name as in the table
   * @return it
   * @throws UnavailableException if it was not compiled
   */
  static HandOffPeer find(String name) throws UnavailableException {
    try {
      for (HandOffPeer peer : ServiceLoader.load(HandOffPeer.class)) {
        if (peer.title().equals(name)) {
          return peer;
        }
      }
    } catch (ServiceConfigurationError e) {
      throw new UnavailableException("library missing: name=" + name + ", " + e.getMessage(), e);
    }
    throw new UnavailableException(
        "library missing: name="
            + name
            + "; start with ./asynctx bench, where Maven can reach its repository");
  }
}
