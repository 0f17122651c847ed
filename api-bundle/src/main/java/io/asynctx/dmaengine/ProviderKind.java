package io.asynctx.dmaengine;

import java.util.Locale;

/** What kind of engine runs, or ran, an operation. */
public enum ProviderKind {
  /** A device. */
  HARDWARE,
  /** A behaving model of a device. Never reported as hardware. */
  EMULATED,
  /** CPU channels of a driver. */
  SOFTWARE,
  /** No channel: a thread of the caller or of the engine ran the kernel. */
  SYNCHRONOUS;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
