package io.asynctx.tester.storm;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Something to be done once, by the next thread that comes along: how a bundle is stopped from
 * inside a callback.
 *
 * <p>Threading: any thread.
 */
final class Trap {

  private final AtomicReference<@Nullable Runnable> armed = new AtomicReference<>();

  void arm(Runnable action) {
    armed.set(action);
  }

  /** Takes the action away; true iff nobody had run it. */
  boolean disarm() {
    return armed.getAndSet(null) != null;
  }

  /** Runs the action, if there is one. */
  void spring() {
    if (armed.get() != null) {
      final Runnable action = armed.getAndSet(null);
      if (action != null) {
        action.run();
      }
    }
  }
}
