package io.asynctx.cpu;

import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.raid.BulkKernels;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration says of one device of CPU channels, checked. Immutable.
 *
 * @param pid factory PID of the driver, for messages
 * @param name name of the device: letters, digits, dots, dashes, underscores
 * @param channels how many channels, 1 to {@value #MAX_CHANNELS}
 * @param limits what each of them takes
 */
public record CpuSettings(String pid, String name, int channels, DeviceLimits limits) {

  /** Far more than any machine has cores; each costs a worker thread of the engine. */
  public static final int MAX_CHANNELS = 1024;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+");

  /** The largest source count of an API operation, and the room of the kernels' arrays. */
  private static final int MAX_XOR = 255;

  /**
   * Checks what was configured.
   *
   * @param pid factory PID of the driver
   * @param name name of the device
   * @param channels how many channels; 0: one per core
   * @param limits sets what differs from driver to driver; the rest is that of any CPU channel
   * @return the settings
   * @throws IllegalArgumentException if a value is not allowed, naming it
   */
  public static CpuSettings of(String pid, @Nullable String name, int channels, Limits limits) {
    if (name == null || !NAME.matcher(name).matches()) {
      throw refused(pid, "dma.device=" + name + ", needed=" + NAME, null);
    }
    if (channels < 0 || channels > MAX_CHANNELS) {
      throw refused(
          pid,
          "dma.device="
              + name
              + ", channels="
              + channels
              + ", min=0 (one per core), max="
              + MAX_CHANNELS,
          null);
    }
    try {
      return new CpuSettings(
          pid,
          name,
          channels == 0 ? Runtime.getRuntime().availableProcessors() : channels,
          limits
              .of(
                  DeviceLimits.builder()
                      .maxXor(MAX_XOR)
                      .maxPq(BulkKernels.MAX_DATA, true, true)
                      .memory(false, true))
              .build());
    } catch (IllegalArgumentException e) {
      throw refused(pid, "dma.device=" + name + ", " + e.getMessage(), e);
    }
  }

  /** What a driver adds to the limits of any CPU channel. */
  @FunctionalInterface
  public interface Limits {

    /**
     * Adds it.
     *
     * @param builder has the number of sources, and any memory
     * @return the same builder
     */
    DeviceLimits.Builder of(DeviceLimits.Builder builder);
  }

  /**
   * The refusal of a configuration.
   *
   * @param values what was wrong, as {@code name=value}
   * @param cause null if there is none
   * @return to be thrown
   */
  public IllegalArgumentException refused(String values, @Nullable IllegalArgumentException cause) {
    return refused(pid, "dma.device=" + name + ", " + values, cause);
  }

  private static IllegalArgumentException refused(
      String pid, String values, @Nullable IllegalArgumentException cause) {
    return new IllegalArgumentException(
        "configuration of a device refused: " + values + "; mend " + pid + "~NAME", cause);
  }
}
