package io.asynctx.driver.ioat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.InterruptSource;
import io.asynctx.models.Access;
import io.asynctx.models.EmulatedFunction;
import io.asynctx.models.ioat.Fault;
import io.asynctx.models.ioat.IoatModel;
import io.asynctx.models.ioat.IoatProfile;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class IoatDeviceTest {
  private static final List<DmaCap> COPIES =
      List.of(DmaCap.MEMCPY, DmaCap.MEMSET, DmaCap.INTERRUPT);
  private static final List<DmaCap> ALL =
      List.of(
          DmaCap.MEMCPY,
          DmaCap.MEMSET,
          DmaCap.XOR,
          DmaCap.XOR_VAL,
          DmaCap.PQ,
          DmaCap.PQ_VAL,
          DmaCap.INTERRUPT);

  private static IoatUnusableException refused(Rig rig, Wrapped.Look look) {
    return assertThrows(
        IoatUnusableException.class,
        () ->
            IoatDevice.open(
                "ioat0", Wrapped.function(rig.function, look), Rig.POLLED, IoatClock.SYSTEM));
  }

  private static void assertNames(IoatUnusableException e, String... parts) {
    for (String part : parts) {
      assertTrue(e.reason().contains(part), "missing: " + part + " in: " + e.reason());
    }
    assertFalse(e.remedy().isEmpty());
  }

  @ParameterizedTest
  @CsvSource({"SKX, 0, 0", "ICX, 0, 0", "RAID, 8, 8", "BWD, 16, 16"})
  void eachPartOffersWhatItsRegistersSay(IoatProfile profile, int maxXor, int maxPq)
      throws Exception {
    try (Rig rig = Rig.synchronous(profile);
        IoatDevice device = rig.open(Rig.POLLED)) {
      assertEquals(maxXor == 0 ? COPIES : ALL, device.capabilities(0).toList());
      final DeviceLimits limits = device.limits(0);
      assertEquals(maxXor, limits.maxXor());
      assertEquals(maxPq, limits.maxPq());
      assertEquals(1 << 20, limits.maxTransfer());
      assertEquals(64, limits.depth());
      assertTrue(limits.pinnedMemoryOnly());
      assertFalse(limits.overlappingCopy() || limits.pqContinuation() || limits.worksInPoll());
      assertEquals(ProviderKind.EMULATED, device.kind());
      assertTrue(device.description().contains("polled"), device.description());
    }
  }

  @Test
  void aPartWithAnErratumHasNoRaidWhateverItsRegisterSays() throws Exception {
    final IoatTraits skylake = IoatTraits.read(window(0x32, 0x00022340, 2), IoatGeneration.SKYLAKE);
    assertEquals(COPIES, skylake.caps().toList());
    final IoatTraits ice = IoatTraits.read(window(0x34, 0x00000340, 2), IoatGeneration.ICE_LAKE);
    assertEquals(ALL, ice.caps().toList());
  }

  private static io.asynctx.dmaengine.bus.BarWindow window(int version, int caps, int channels) {
    return (io.asynctx.dmaengine.bus.BarWindow)
        java.lang.reflect.Proxy.newProxyInstance(
            IoatDeviceTest.class.getClassLoader(),
            new Class<?>[] {io.asynctx.dmaengine.bus.BarWindow.class},
            (self, method, args) ->
                switch (method.getName()) {
                  case "size" -> 0x4000L;
                  case "read32" -> caps;
                  case "read8" ->
                      switch ((int) (long) (Long) args[0]) {
                        case 8 -> version;
                        case 0 -> channels;
                        default -> 20;
                      };
                  default -> throw new AssertionError(method);
                });
  }

  @ParameterizedTest
  @CsvSource({
    "8, 0xff, device does not answer: register=CBVER",
    "8, 0x30, 'version not supported: register=CBVER, value=0x30'",
    "8, 0x35, 'version not supported: register=CBVER, value=0x35'",
    "8, 0x12, 'version not supported: register=CBVER, value=0x12'",
    "0, 0, 'number of channels impossible: register=CHANCNT, value=0x0'",
    "1, 0, 'transfers are too small: register=XFERCAP, value=0x0'",
    "1, 11, 'transfers are too small: register=XFERCAP, value=0xb'"
  })
  void whatTheRegistersMustNotSayIsNamed(String offset, String value, String text) {
    try (Rig rig = Rig.synchronous(IoatProfile.ICX)) {
      final long at = Long.decode(offset);
      assertNames(
          refused(
              rig,
              (method, args) ->
                  method.equals("read8") && args[0].equals(at) ? Integer.decode(value) : null),
          text);
      assertNull(rig.function.owner(), "it must be given back");
    }
  }

  @Test
  void aWindowThatIsTooSmallForItsChannelsIsNamed() {
    try (Rig rig = Rig.synchronous(IoatProfile.ICX)) {
      assertNames(
          refused(rig, (method, args) -> method.equals("size") ? 0x80L : null),
          "register window too small",
          "size=128");
      assertNames(
          refused(rig, (method, args) -> method.equals("size") ? 0x100L - 1 : null),
          "register window too small");
    }
  }

  @Test
  void aFunctionThatLeftIsNamed() {
    try (Rig rig = Rig.synchronous(IoatProfile.ICX)) {
      rig.model.vanish();
      assertNames(refused(rig, (method, args) -> null), "PCI function gone", "8086:0b00");
    }
  }

  @Test
  void aFunctionThatLeavesDuringItsSelfTestIsNamed() {
    try (Rig rig =
        new Rig(
            io.asynctx.models.ioat.IoatSettings.asynchronous(IoatProfile.ICX)
                .withLatencyNanos(TimeUnit.MILLISECONDS.toNanos(5)))) {
      rig.model.faults().on(Fault.VANISH, 2, 1, 1);
      assertNames(refused(rig, (method, args) -> null), "ioat0/0", "value=0xffffffffffffffff");
    }
  }

  @Test
  void aFunctionInUseIsRefusedNamingItsOwner() throws Exception {
    try (Rig rig = Rig.synchronous(IoatProfile.ICX)) {
      rig.function.claim("somebody");
      assertNames(refused(rig, (method, args) -> null), "PCI function in use", "owner=somebody");
    }
  }

  @Test
  void aTruncatedConfigurationSpaceIsNamed() {
    try (Rig rig = Rig.synchronous(IoatProfile.SKX)) {
      assertNames(
          refused(rig, (method, args) -> method.equals("configSize") ? 256 : null),
          "configuration space truncated: register=CHANERR_INT, offset=0x180, size=256");
    }
  }

  @Test
  void exhaustedMappingsAreNamed() {
    try (IoatModel model =
            new IoatModel(io.asynctx.models.ioat.IoatSettings.synchronous(IoatProfile.SKX));
        EmulatedFunction function = new EmulatedFunction(model, "0000:00:04.0", 1, 1)) {
      final IoatUnusableException e =
          assertThrows(
              IoatUnusableException.class,
              () -> IoatDevice.open("ioat0", function, Rig.POLLED, IoatClock.SYSTEM));
      assertNames(e, "no room for another DMA mapping");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {
        "BIT_FLIP",
        "WRONG_POLYNOMIAL",
        "VALIDATE_NEVER_FAILS",
        "EXT_NOT_COUNTED",
        "NO_ARMED",
        "NO_DATA",
        "WRONG_COMPLETION",
        "STUCK",
        "NEVER_QUIET",
        "HALT",
        "ADDRESS_ERROR"
      })
  void aDeviceThatIsWrongIsNotRegistered(Fault fault) throws Exception {
    try (Rig rig = Rig.asynchronous(IoatProfile.RAID)) {
      rig.model.faults().on(fault);
      final IoatUnusableException e = refused(rig, (method, args) -> null);
      assertNames(e, "ioat0/0");
      assertNull(rig.function.owner(), "it must be given back");
      rig.model.faults().clear();
      rig.open(Rig.POLLED).close();
    }
  }

  @Test
  void everySeventhBitFlipIsFoundToo() {
    try (Rig rig = Rig.asynchronous(IoatProfile.RAID)) {
      rig.model.faults().on(Fault.BIT_FLIP, 3, 1, 1);
      assertNames(refused(rig, (method, args) -> null), "self-test failed", "operation=PQ");
    }
  }

  @Test
  void relaxedOrderingIsSwitchedOffAndBusMasteringOn() throws Exception {
    try (Rig rig = Rig.synchronous(IoatProfile.ICX);
        IoatDevice device = rig.open(Rig.POLLED)) {
      assertEquals(0x06, rig.model.configRead(0x04, 2) & 0x06);
      assertEquals(0x2800, rig.model.configRead(0x98, 2));
      assertNotNull(device);
    }
  }

  @Test
  void closingGivesTheFunctionBack() throws Exception {
    try (Rig rig = Rig.asynchronous(IoatProfile.ICX)) {
      final IoatDevice device = rig.open(Rig.INTERRUPTING);
      assertEquals("ioat0", rig.function.owner());
      device.close();
      assertNull(rig.function.owner());
      rig.open(Rig.POLLED).close();
    }
  }

  @Test
  void interruptsComeIfThereAreVectorsEnoughAndTheyAreWanted() throws Exception {
    try (Rig rig = Rig.synchronous(IoatProfile.ICX);
        IoatDevice device = rig.open(Rig.INTERRUPTING)) {
      assertNotNull(device.open(0).interrupts());
      assertTrue(device.description().contains("interrupts"), device.description());
    }
    try (Rig rig = Rig.synchronous(IoatProfile.ICX);
        IoatDevice device =
            IoatDevice.open(
                "ioat0",
                Wrapped.function(
                    rig.function, (method, args) -> method.equals("interruptVectors") ? 0 : null),
                Rig.INTERRUPTING,
                IoatClock.SYSTEM)) {
      assertNull(device.open(0).interrupts());
    }
  }

  /** The end of a reset interrupts nobody; who polls only after interrupts must not wait for it. */
  @Test
  void aChannelThatIsResetIsPolledWithoutAnInterrupt() throws Exception {
    try (Rig rig = Rig.asynchronous(IoatProfile.ICX);
        IoatDevice device = rig.open(Rig.INTERRUPTING)) {
      final Client client = new Client(device.open(0), new Room(1));
      final Room room = new Room(2);
      client.ops.map(room.memory);
      rig.model.faults().once(Fault.ADDRESS_ERROR);
      final Work first = Work.copy(1, room, 100);
      final Work second = Work.copy(2, room, 100);
      client.push(first, second);
      client.ops.doorbell();
      final InterruptSource source = client.ops.interrupts();
      assertNotNull(source);
      while (!client.open.isEmpty()) {
        assertTrue(source.await(Client.PATIENCE), () -> "no interrupt: " + client.open.values());
        source.unmask();
        client.poll();
      }
      assertEquals(List.of("READ_FAILED 100"), first.reports);
      assertTrue(second.succeeded());
    }
  }

  @Test
  void interruptsAreHeldBackAsConfigured() throws Exception {
    try (Rig rig = Rig.synchronous(IoatProfile.ICX)) {
      rig.model.log().start();
      rig.open(new IoatSettings(64, 8, true, 250)).close();
      assertTrue(
          rig.model.log().entries().stream()
              .anyMatch(a ->
                  a.kind() == Access.Kind.MMIO_WRITE
                      && a.register().equals("INTRDELAY")
                      && a.value() == 250));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"depth=3", "depth=1", "depth=16384", "batch=0", "batch=65", "delay=-1"})
  void settingsOutOfRangeAreNamed(String wrong) {
    final String name = wrong.substring(0, wrong.indexOf('='));
    final int value = Integer.parseInt(wrong.substring(wrong.indexOf('=') + 1));
    final IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new IoatSettings(
                    name.equals("depth") ? value : 64,
                    name.equals("batch") ? value : 8,
                    false,
                    name.equals("delay") ? value : 0));
    assertTrue(e.getMessage().contains(wrong), e.getMessage());
    assertTrue(e.getMessage().contains("io.asynctx.driver.ioat"), e.getMessage());
  }

  /** A clock that a pause moves on: no test waits for a limit. */
  @Test
  void aResetThatDoesNotEndIsGivenUpAfterItsLimit() throws Exception {
    final long[] now = {0};
    final IoatClock clock =
        new IoatClock() {
          @Override
          public long nanoTime() {
            return now[0];
          }

          @Override
          public void pause() {
            now[0] += TimeUnit.MILLISECONDS.toNanos(1);
          }
        };
    try (Rig rig = Rig.synchronous(IoatProfile.ICX)) {
      rig.model.faults().on(Fault.NEVER_QUIET);
      final IoatUnusableException e =
          assertThrows(
              IoatUnusableException.class,
              () -> IoatDevice.open("ioat0", rig.function, Rig.POLLED, clock));
      assertNames(e, "channel cannot be reset: channel=ioat0/0, register=CHANCMD, value=0x20");
      final long millis = TimeUnit.NANOSECONDS.toMillis(now[0]);
      assertTrue(millis >= 200 && millis <= 202, "ms=" + millis);
    }
  }
}
