package io.asynctx.dmaengine.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The channels an operation was queued on, in order. Of a long way the first and the latest are
 * kept, so that it takes no more room than a short one.
 *
 * <p>Threading: written by the owner of the descriptor; read after its word.
 */
final class Route {
  private static final int FIRST = 4;
  private static final int LATEST = 4;
  private static final String GAP = "...";

  private final @Nullable Provider[] stops = new @Nullable Provider[FIRST + LATEST];
  private int count;

  /** The first stop of an operation. */
  void start(Provider stop) {
    if (count != 1) {
      count = 1;
    }
    if (stops[0] != stop) {
      stops[0] = stop;
    }
  }

  void add(Provider stop) {
    final int place = count < FIRST ? count : FIRST + (count - FIRST) % LATEST;
    stops[place] = stop;
    count++;
  }

  /** Whether it led nowhere else. */
  boolean led(Provider only) {
    return count == 1 && stops[0] == only;
  }

  List<String> names() {
    final List<String> names = new ArrayList<>();
    for (int i = 0; i < Math.min(count, FIRST); i++) {
      name(i, names);
    }
    if (count > FIRST + LATEST) {
      names.add(GAP);
    }
    for (int i = Math.max(FIRST, count - LATEST); i < count; i++) {
      name(FIRST + (i - FIRST) % LATEST, names);
    }
    return names;
  }

  private void name(int place, List<String> names) {
    final Provider stop = stops[place];
    if (stop != null) {
      names.add(stop.channel());
    }
  }
}
