package io.asynctx.pci.vfio;

import io.asynctx.dmaengine.bus.BarWindow;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The register windows of an open function, mapped until this is closed.
 *
 * <p>Threading: any thread reads and writes registers; one maps and closes.
 */
final class Windows implements AutoCloseable {

  private static final int COUNT = 6;

  private final Arena arena = Arena.ofShared();
  private final List<BarWindow> windows = new ArrayList<>();

  /**
   * Maps all there are.
   *
   * @param device whose
   * @param presence of the function
   * @throws IllegalStateException if the kernel refuses
   */
  void map(VfioDevice device, Presence presence) {
    for (int i = 0; i < COUNT; i++) {
      windows.add(new MappedWindow(presence, i, device.map(i, arena)));
    }
  }

  /**
   * One of them.
   *
   * @param index 0 to 5
   * @return of size 0 if there is none
   */
  BarWindow get(int index) {
    return windows.get(Objects.checkIndex(index, COUNT));
  }

  @Override
  public void close() {
    arena.close();
  }
}
