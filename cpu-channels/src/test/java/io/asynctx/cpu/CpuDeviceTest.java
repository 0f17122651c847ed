package io.asynctx.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.ChannelBusyException;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.raid.BulkKernels;
import io.asynctx.raid.Kernels;
import org.junit.jupiter.api.Test;

class CpuDeviceTest {
  private int opened;
  private int closed;
  private boolean absent;

  private final CpuDevice device =
      new CpuDevice(
          CpuSettings.of("a.pid", "cpu9", 2, limits -> limits.worksInPoll(1 << 20)),
          DmaCaps.all(),
          () -> null) {
        @Override
        protected ChannelKernels kernels() {
          if (absent) {
            throw new IllegalStateException("no kernels; install some");
          }
          opened++;
          return new ChannelKernels() {
            @Override
            public BulkKernels kernels() {
              return Kernels.scalar();
            }

            @Override
            public void close() {
              closed++;
            }
          };
        }
      };

  @Test
  void secondOpeningIsRefusedNamingTheChannelUntilTheFirstIsClosed() {
    final ChannelOps first = device.open(1);
    final String message =
        assertThrows(ChannelBusyException.class, () -> device.open(1)).getMessage();
    assertTrue(message.contains("channel=cpu9/1"), message);
    assertTrue(message.contains("thread=" + Thread.currentThread().getName()), message);
    assertNotNull(device.open(0));
    first.terminateAll(new TestSink(), System.nanoTime());
    assertThrows(ChannelBusyException.class, () -> device.open(1));
    first.close();
    final ChannelOps second = device.open(1);
    first.close();
    assertThrows(ChannelBusyException.class, () -> device.open(1), "a late close freed the second");
    second.close();
  }

  @Test
  void channelThatDoesNotExistIsRefused() {
    assertThrows(IndexOutOfBoundsException.class, () -> device.open(2));
    assertThrows(IndexOutOfBoundsException.class, () -> device.limits(-1));
    assertThrows(IndexOutOfBoundsException.class, () -> device.capabilities(2));
  }

  @Test
  void eachOpenChannelHasKernelsOfItsOwnUntilItIsClosed() {
    final ChannelOps first = device.open(0);
    final ChannelOps second = device.open(1);
    assertEquals(2, opened);
    first.close();
    first.close();
    assertEquals(1, closed);
    second.close();
    assertEquals(2, closed);
  }

  @Test
  void channelWithoutKernelsIsNotOpenAndMayBeTriedAgain() {
    absent = true;
    assertThrows(IllegalStateException.class, () -> device.open(0));
    absent = false;
    device.open(0).close();
    assertEquals(1, closed);
  }
}
