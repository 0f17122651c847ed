package io.asynctx.driver.isal;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.raid.BulkKernels;
import io.asynctx.raid.Kernels;
import java.nio.file.Path;

/**
 * The kernels of a channel of driver-isal, without a framework: for each operation and size the
 * faster of ISA-L and Java, as the driver itself finds it. If the driver would give no device they
 * are those of Java.
 *
 * <p>Threading: one thread.
 */
public final class NativeLadder implements AutoCloseable {

  private final IsalLibrary library;
  private final IsalLibrary hold;
  private final BulkKernels kernels;
  private final String remark;

  private NativeLadder(IsalLibrary library, IsalLibrary hold, BulkKernels kernels, String remark) {
    this.library = library;
    this.hold = hold;
    this.kernels = kernels;
    this.remark = remark;
  }

  /**
   * Proves and times the library as the driver does.
   *
   * @param file the library's
   * @return to be closed
   * @throws IllegalStateException if it cannot be loaded
   */
  public static NativeLadder climb(Path file) {
    try {
      final IsalLibrary library = IsalLibrary.open(file.toString());
      final IsalLibrary hold = IsalLibrary.open(file.toString());
      try {
        final NativeRung rung = NativeRung.climb(library, true);
        final String who =
            rung.capabilities().has(DmaCap.PQ)
                ? "the faster of driver-isal and Java"
                : "Java, which driver-isal found faster";
        return new NativeLadder(library, hold, rung.on(hold), "P/Q by " + who);
      } catch (UnusableException e) {
        return new NativeLadder(
            library, hold, Kernels.best(), "driver-isal gives no device: " + e.reason());
      }
    } catch (UnusableException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  /**
   * What does the work.
   *
   * @return the kernels
   */
  public BulkKernels kernels() {
    return kernels;
  }

  /**
   * Who does P and Q.
   *
   * @return for the remarks of a row
   */
  public String remark() {
    return remark;
  }

  @Override
  public void close() {
    hold.close();
    library.close();
  }
}
