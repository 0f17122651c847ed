package io.asynctx.dmaengine.driver;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What a driver found on this machine, or why nothing, and what to do: a whiteboard service that
 * the shell's devices and doctor commands read. A driver registers one whether or not it has a
 * device.
 *
 * <p>Threading: any thread; cheap, no look at the hardware.
 */
@ConsumerType
public interface DriverReport {

  /**
   * Name of the driver.
   *
   * @return e.g. {@code dsa}
   */
  String driver();

  /**
   * What it found.
   *
   * @return at least one finding, in the order found
   */
  List<Finding> findings();

  /**
   * One thing found, or missed.
   *
   * @param device name or address of the device, or what was looked for
   * @param usable whether it gives channels now
   * @param detail what was seen
   * @param remedy what a person can do; empty if nothing needs doing
   */
  record Finding(String device, boolean usable, String detail, String remedy) {}
}
