package io.asynctx.tester;

import org.osgi.framework.Version;

/**
 * What the demo does to drivers while work is under way. Every method returns when the framework
 * has done it.
 *
 * <p>Threading: one thread at a time.
 */
interface HotPlug {

  /** Symbolic name of the software driver's bundle. */
  String driver();

  /** The version it had at first. */
  Version original();

  /** Updates the driver's bundle to one with the same content and this version. */
  void update(Version version) throws Exception;

  /** Name of the device that {@link #addDevice} adds. */
  String deviceName();

  /** Configures one more software device. */
  void addDevice() throws Exception;

  /** Takes that configuration away. */
  void removeDevice() throws Exception;

  /** Undoes what was done and not undone yet: the added device, the version. */
  void undo() throws Exception;
}
