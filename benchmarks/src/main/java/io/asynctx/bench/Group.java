package io.asynctx.bench;

import io.asynctx.debian.UnavailableException;
import java.util.List;
import java.util.function.Consumer;

/**
 * Rows that share what they need: an engine, buffers, a peer. Each group runs in a JVM of its own,
 * so that no row is slowed by what the compiler saw in another group.
 *
 * <p>Threading: one thread.
 */
public interface Group {

  /**
   * Its name.
   *
   * @return one word, also a pattern of the command line
   */
  String name();

  /**
   * Its rows, in the order of the table.
   *
   * @return at least one
   */
  List<Row> rows();

  /**
   * Measures some of its rows. What cannot be had makes a row unavailable, see {@link
   * Measurement#unavailable}; a row that is not mentioned is reported as such.
   *
   * @param wanted which, in the order of the table
   * @param effort how much time goes into one
   * @param found told of each row as soon as there is a number
   * @throws UnavailableException if something cannot be had that all remaining rows need
   * @throws Exception if it failed, e.g. a result was wrong; the command fails then
   */
  void measure(List<Row> wanted, Effort effort, Consumer<Measurement> found) throws Exception;
}
