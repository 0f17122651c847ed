package io.asynctx.driver.ioat;

import io.asynctx.models.EmulatedFunction;
import io.asynctx.models.ioat.IoatModel;
import io.asynctx.models.ioat.IoatProfile;
import java.util.concurrent.atomic.AtomicInteger;

/** A model on a bus, and what opens a device on it. */
final class Rig implements AutoCloseable {
  static final IoatSettings POLLED = new IoatSettings(64, 8, false, 0);
  static final IoatSettings INTERRUPTING = new IoatSettings(64, 8, true, 0);

  private static final AtomicInteger SLOT = new AtomicInteger();

  final IoatModel model;
  final EmulatedFunction function;

  Rig(io.asynctx.models.ioat.IoatSettings settings) {
    model = new IoatModel(settings);
    function =
        new EmulatedFunction(model, String.format("0000:00:%02x.0", SLOT.incrementAndGet() & 0x1f));
  }

  static Rig asynchronous(IoatProfile profile) {
    return new Rig(io.asynctx.models.ioat.IoatSettings.asynchronous(profile));
  }

  static Rig synchronous(IoatProfile profile) {
    return new Rig(io.asynctx.models.ioat.IoatSettings.synchronous(profile));
  }

  IoatDevice open(IoatSettings settings) throws IoatUnusableException {
    return IoatDevice.open("ioat0", function, settings, IoatClock.SYSTEM);
  }

  @Override
  public void close() {
    function.close();
  }
}
