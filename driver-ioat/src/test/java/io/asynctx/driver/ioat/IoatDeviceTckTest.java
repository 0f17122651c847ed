package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.driver.tck.junit.DmaDeviceContract;
import io.asynctx.models.ioat.IoatProfile;
import io.asynctx.models.ioat.IoatSettings;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;

class IoatDeviceTckTest {

  private static DmaDevice on(IoatProfile profile, io.asynctx.driver.ioat.IoatSettings settings)
      throws IoatUnusableException {
    return Rig.asynchronous(profile).open(settings);
  }

  @Nested
  class SkylakePolled extends DmaDeviceContract {
    @Override
    protected DmaDevice device() throws IoatUnusableException {
      return on(IoatProfile.SKX, Rig.POLLED);
    }
  }

  @Nested
  class SkylakeInterrupting extends DmaDeviceContract {
    @Override
    protected DmaDevice device() throws IoatUnusableException {
      return on(IoatProfile.SKX, Rig.INTERRUPTING);
    }
  }

  @Nested
  class IceLakeInterrupting extends DmaDeviceContract {
    @Override
    protected DmaDevice device() throws IoatUnusableException {
      return on(IoatProfile.ICX, Rig.INTERRUPTING);
    }
  }

  @Nested
  class RaidPolled extends DmaDeviceContract {
    @Override
    protected DmaDevice device() throws IoatUnusableException {
      return on(IoatProfile.RAID, Rig.POLLED);
    }
  }

  @Nested
  class RaidInterrupting extends DmaDeviceContract {
    @Override
    protected DmaDevice device() throws IoatUnusableException {
      return on(IoatProfile.RAID, Rig.INTERRUPTING);
    }
  }

  @Nested
  class RaidSlowAndCoalescing extends DmaDeviceContract {
    @Override
    protected DmaDevice device() throws IoatUnusableException {
      return new Rig(
              IoatSettings.asynchronous(IoatProfile.RAID)
                  .withLatencyNanos(TimeUnit.MICROSECONDS.toNanos(200))
                  .withCoalesce(true))
          .open(Rig.POLLED);
    }
  }

  @Nested
  class RaidInsideTheDoorbell extends DmaDeviceContract {
    @Override
    protected DmaDevice device() throws IoatUnusableException {
      return Rig.synchronous(IoatProfile.RAID).open(Rig.POLLED);
    }
  }

  @Nested
  class BroadwellPolled extends DmaDeviceContract {
    @Override
    protected DmaDevice device() throws IoatUnusableException {
      return new Rig(IoatSettings.asynchronous(IoatProfile.BWD).withChannels(2)).open(Rig.POLLED);
    }
  }
}
