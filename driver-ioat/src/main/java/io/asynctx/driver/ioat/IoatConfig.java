package io.asynctx.driver.ioat;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Configuration {@link IoatReport#PID}; without one, all is as said here. */
@ObjectClassDefinition(
    name = "AsyncTX I/OAT driver",
    description =
        "how every device is driven, and where the driver looks for devices; a change"
            + " removes the devices and brings them back")
@interface IoatConfig {
  /** Most transfers of a channel at a time. */
  @AttributeDefinition(
      name = "Depth",
      description = "most transfers of a channel at a time; a power of two")
  int depth() default 256;

  /** How many operations come together. */
  @AttributeDefinition(
      name = "Batch",
      description = "how many operations come together before they are issued unasked")
  int batch() default 16;

  /** Whether channels interrupt. */
  @AttributeDefinition(
      name = "Interrupts",
      description =
          "auto: where the part keeps them over a reset (all but 3.3); on: wherever there are"
              + " vectors enough; off: channels are polled")
  String interrupts() default "auto";

  /** How long interrupts are held back. */
  @AttributeDefinition(
      name = "Interrupt delay",
      description = "how long interrupts are held back to come together, in microseconds; 0: not")
  int interrupt_delay() default 0;

  /** Where sysfs is. */
  @AttributeDefinition(name = "sysfs", description = "folder where sysfs is mounted")
  String sysfs_root() default "/sys";

  /** Where device files are. */
  @AttributeDefinition(name = "Device files", description = "folder of the device files")
  String dev_root() default "/dev";
}
