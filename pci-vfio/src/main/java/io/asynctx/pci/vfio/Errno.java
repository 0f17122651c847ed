package io.asynctx.pci.vfio;

/**
 * Errors of Linux that mean something here.
 *
 * @see "Linux include/uapi/asm-generic/errno-base.h"
 */
final class Errno {
  static final int EPERM = 1;
  static final int ENOENT = 2;
  static final int ENXIO = 6;
  static final int ENOMEM = 12;
  static final int EACCES = 13;
  static final int EBUSY = 16;
  static final int EEXIST = 17;
  static final int ENODEV = 19;
  static final int EINVAL = 22;
  static final int ENFILE = 23;
  static final int EMFILE = 24;
  static final int ENOTTY = 25;
  static final int ENOSPC = 28;

  private Errno() {}

  /**
   * What the kernel's headers call it.
   *
   * @param result of a system call, negative
   * @return name and number
   */
  static String name(long result) {
    final String name =
        switch ((int) -result) {
          case EPERM -> "EPERM";
          case ENOENT -> "ENOENT";
          case ENXIO -> "ENXIO";
          case ENOMEM -> "ENOMEM";
          case EACCES -> "EACCES";
          case EBUSY -> "EBUSY";
          case EEXIST -> "EEXIST";
          case ENODEV -> "ENODEV";
          case EINVAL -> "EINVAL";
          case ENFILE -> "ENFILE";
          case EMFILE -> "EMFILE";
          case ENOTTY -> "ENOTTY";
          case ENOSPC -> "ENOSPC";
          default -> "errno";
        };
    return name + '(' + -result + ')';
  }
}
