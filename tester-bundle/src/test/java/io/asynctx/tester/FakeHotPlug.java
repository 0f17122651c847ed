package io.asynctx.tester;

import org.osgi.framework.Version;

/** Changes {@link FakeEngine}'s driver. */
final class FakeHotPlug implements HotPlug {

  private final FakeEngine engine;
  int updates;
  int undone;
  boolean refuse;

  FakeHotPlug(FakeEngine engine) {
    this.engine = engine;
  }

  @Override
  public String driver() {
    return FakeEngine.DRIVER;
  }

  @Override
  public Version original() {
    return Version.parseVersion("1.0.0");
  }

  @Override
  public void update(Version version) throws InterruptedException {
    if (refuse) {
      throw new IllegalStateException("update refused: version=" + version);
    }
    updates++;
    engine.leave();
    Thread.sleep(20); // as long as it takes to start a bundle
    engine.come(version.toString());
  }

  @Override
  public String deviceName() {
    return "softdemo";
  }

  @Override
  public void addDevice() {
    synchronized (engine) {
      engine.devices.add("softdemo");
    }
  }

  @Override
  public void removeDevice() {
    synchronized (engine) {
      engine.devices.remove("softdemo");
    }
  }

  @Override
  public void undo() {
    undone++;
    removeDevice();
    synchronized (engine) {
      engine.version = "1.0.0";
    }
  }
}
