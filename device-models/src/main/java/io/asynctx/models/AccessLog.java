package io.asynctx.models;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What was done to a model and what it did, in order. Off until somebody starts it.
 *
 * <p>Threading: any thread. The consumer is called under the log's lock and must not use the model.
 */
public final class AccessLog {

  /** Most entries kept; later ones are counted only. */
  public static final int CAPACITY = 1 << 16;

  private final List<Access> kept = new ArrayList<>();
  private Consumer<Access> consumer = access -> {};
  private long dropped;
  private volatile boolean on;

  /** Begins anew, empty. */
  public synchronized void start() {
    kept.clear();
    dropped = 0;
    on = true;
  }

  /**
   * Hands each entry to somebody instead of keeping it.
   *
   * @param consumer called in order
   */
  public synchronized void start(Consumer<Access> consumer) {
    start();
    this.consumer = consumer;
    dropped = -1;
  }

  /**
   * Whether entries are taken; asked before one is made, so that a log that is off costs nothing.
   *
   * @return true between start and the end of its owner
   */
  public boolean on() {
    return on;
  }

  /**
   * Takes an entry.
   *
   * @param access what happened
   */
  public synchronized void add(Access access) {
    if (!on) {
      return;
    }
    if (dropped < 0) {
      consumer.accept(access);
    } else if (kept.size() < CAPACITY) {
      kept.add(access);
    } else {
      dropped++;
    }
  }

  /**
   * The entries so far.
   *
   * @return a copy, oldest first
   * @throws IllegalStateException if there were more than {@link #CAPACITY}: a part of a recording
   *     proves nothing
   */
  public synchronized List<Access> entries() {
    if (dropped > 0) {
      throw new IllegalStateException(
          "recording is longer than the log: kept="
              + CAPACITY
              + ", dropped="
              + dropped
              + "; start it later");
    }
    return List.copyOf(kept);
  }
}
