package io.asynctx.pci.vfio;

import io.asynctx.dmaengine.bus.PciIdentity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Notices functions that come and go: by a look at sysfs from time to time, and at once when the
 * host asks for a claimed one.
 *
 * <p>Threading: {@link #run} on a thread of its own; {@link #look} there, or by hand in tests;
 * {@link #changed} and {@link #close} by any.
 */
final class Watch implements Runnable, AutoCloseable {

  /** What is told; on the thread of the watch, under no lock. */
  interface Listener {
    void arrived(VfioFunction function);

    void left(VfioFunction function);
  }

  private final Groups groups;
  private final Sysfs sysfs;
  private final Listener listener;
  private final int everyMillis;
  private final EventCounter wake;
  private final Map<String, Present> present = new LinkedHashMap<>();

  /** The host asked for these; the kernel unbinds them when their users have let go. */
  private final Map<String, Object> leaving = new HashMap<>();

  private volatile boolean closed;

  /** A function, and the key of its binding. */
  private record Present(VfioFunction function, Object key) {}

  /**
   * A watch that has not looked yet.
   *
   * @param groups where functions are opened
   * @param listener is told
   * @param everyMillis how often it looks
   */
  Watch(Groups groups, Listener listener, int everyMillis) {
    this.groups = groups;
    this.sysfs = new Sysfs(groups.kernel().files().sysfs());
    this.listener = listener;
    this.everyMillis = everyMillis;
    this.wake = EventCounter.open(groups.kernel().calls());
  }

  @Override
  public void run() {
    final SystemCalls calls = groups.kernel().calls();
    while (!closed) {
      look();
      final List<EventCounter> requests =
          present.values().stream()
              .map(here -> here.function.claimed())
              .filter(Objects::nonNull)
              .map(VfioClaim::request)
              .toList();
      final List<EventCounter> all = new ArrayList<>(requests);
      all.add(wake);
      EventCounter.awaitAny(calls, all, everyMillis);
      wake.drain();
    }
    List.copyOf(present.values()).forEach(this::gone);
    wake.close();
  }

  /** Looks once. */
  void look() {
    final Map<String, Object> bound = sysfs.bound();
    leaving.values().removeIf(key -> !bound.containsValue(key));
    for (Present here : List.copyOf(present.values())) {
      final String address = here.function.identity().address();
      final VfioClaim claim = here.function.claimed();
      if (claim != null && claim.request().isSignalled()) {
        leaving.put(address, here.key);
      }
      if (leaving.containsKey(address)
          || here.function.gone()
          || !here.key.equals(bound.get(address))
          || !here.function.identity().equals(sysfs.identity(address))) {
        gone(here);
      }
    }
    bound.forEach((address, key) -> {
      final PciIdentity identity = sysfs.identity(address);
      if (identity != null && !present.containsKey(address) && !leaving.containsKey(address)) {
        final VfioFunction function = new VfioFunction(identity, groups, this::changed);
        present.put(address, new Present(function, key));
        listener.arrived(function);
      }
    });
  }

  private void gone(Present here) {
    present.remove(here.function.identity().address());
    here.function.leave();
    listener.left(here.function);
  }

  /** Something changed that the watch waits for. */
  void changed() {
    wake.signal();
  }

  /** Lets {@link #run} end, which then tells that every function left. */
  @Override
  public void close() {
    closed = true;
    wake.signal();
  }
}
