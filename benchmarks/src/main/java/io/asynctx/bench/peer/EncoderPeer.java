package io.asynctx.bench.peer;

import io.asynctx.bench.Variant;
import io.asynctx.debian.UnavailableException;
import java.util.ServiceLoader;

/**
 * A Reed-Solomon encoder of a library, making two parities. Its adapters lie in a source folder of
 * their own, which only the Maven profile {@code peers} compiles, and are found by {@link
 * ServiceLoader}.
 */
public interface EncoderPeer {

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
   * Gets it ready.
   *
   * @param data blocks of one length
   * @return makes two parities of them
   */
  Variant open(byte[][] data);

  /**
   * Finds one.
   *
   * @param name as in the table
   * @return it
   * @throws UnavailableException if it was not compiled
   */
  static EncoderPeer find(String name) throws UnavailableException {
    for (EncoderPeer peer : ServiceLoader.load(EncoderPeer.class)) {
      if (peer.title().equals(name)) {
        return peer;
      }
    }
    throw new UnavailableException(
        "library missing: name="
            + name
            + "; start with ./asynctx bench, where Maven can reach its repository");
  }
}
