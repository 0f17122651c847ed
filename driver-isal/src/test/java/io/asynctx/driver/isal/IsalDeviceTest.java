package io.asynctx.driver.isal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.asynctx.dmaengine.ChannelBusyException;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.driver.ChannelOps;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class IsalDeviceTest {

  private static IsalDevice open(TestConfig config) throws UnusableException {
    Installed.assume();
    return IsalDevice.open(config, () -> null);
  }

  private static void assertHas(String text, String... parts) {
    for (String part : parts) {
      assertTrue(text.contains(part), "missing: " + part + " in: " + text);
    }
  }

  private static String refusal(TestConfig config) {
    return assertThrows(IllegalArgumentException.class, () -> IsalDevice.open(config, () -> null))
        .getMessage();
  }

  @Test
  void deviceIsSoftwareOnMemoryThatCannotBeClosed() throws UnusableException {
    try (IsalDevice device = open(TestConfig.named("isal7"))) {
      assertEquals("isal7", device.name());
      assertEquals(ProviderKind.SOFTWARE, device.kind());
      assertEquals(2, device.channels());
      assertEquals(
          DmaCaps.of(DmaCap.XOR, DmaCap.XOR_VAL, DmaCap.PQ, DmaCap.PQ_VAL), device.capabilities(1));
      assertTrue(device.limits(0).pinnedMemoryOnly(), "the library gets addresses");
      assertTrue(device.limits(0).worksInPoll());
      assertHas(device.description(), "isal", "no version", "operations=XOR,XOR_VAL,PQ,PQ_VAL");
    }
  }

  @Test
  void wrongValuesAreRefusedByNameBeforeAnythingIsLoaded() {
    final TestConfig good = TestConfig.named("isal0").withLibrary("/nowhere/libisal.so");
    assertHas(refusal(good.withKernels("fast")), "dma.device=isal0", "kernels=fast", "native");
    assertHas(refusal(good.withKernels(null)), "kernels=null");
    assertHas(refusal(good.withChannels(-1)), "channels=-1", "io.asynctx.driver.isal~");
    assertHas(refusal(new TestConfig("a b", "", 1, "auto")), "dma.device=a b");
  }

  @Test
  void absentLibraryGivesNoDevice() {
    final TestConfig config = TestConfig.named("isal0").withLibrary("/nowhere/libisal.so");
    final UnusableException e =
        assertThrows(UnusableException.class, () -> IsalDevice.open(config, () -> null));
    assertHas(e.reason(), "/nowhere/libisal.so");
    assertHas(e.remedy(), "apt-get install libisal2");
  }

  @Test
  void channelsOfferWhatTheLibraryIsUsedFor() throws UnusableException {
    assertEquals(
        DmaCaps.of(DmaCap.PQ, DmaCap.XOR),
        NativeRung.capabilities(
            EnumSet.of(IsalFunction.PQ_GEN, IsalFunction.XOR_GEN, IsalFunction.CRC32C)));
  }

  @Test
  void libraryThatIsFasterAtNothingAChannelDoesGivesNoDevice() {
    final UnusableException e =
        assertThrows(
            UnusableException.class,
            () -> NativeRung.capabilities(EnumSet.of(IsalFunction.CRC32C)));
    assertHas(e.reason(), "nothing faster");
    assertHas(e.remedy(), "kernels=native", "io.asynctx.driver.isal~");
  }

  /** Which those are is the machine's to say. */
  @Test
  void deviceOffersWhatItSaysItIsUsedFor() {
    Installed.assume();
    final Logger logger = (Logger) LoggerFactory.getLogger(NativeRung.class);
    final ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try (IsalDevice device =
        IsalDevice.open(TestConfig.named("isal0").withKernels("auto"), () -> null)) {
      for (IsalFunction function : IsalFunction.values()) {
        final boolean used =
            log.list.stream()
                .anyMatch(e -> e.getFormattedMessage().startsWith(function.symbol + ": used"));
        assertEquals(
            used && function.operation != null,
            function.operation != null && device.capabilities(0).has(function.operation),
            function.symbol);
      }
      device.open(0).close();
    } catch (UnusableException e) {
      assertHas(e.reason(), "ISA-L", "library=");
      assertHas(e.remedy(), "kernels=native");
    } finally {
      logger.detachAppender(log);
    }
  }

  @Test
  void eachOpenChannelHoldsTheLibraryAndTheLastOneUnloadsIt() throws UnusableException {
    final IsalDevice device = open(TestConfig.named("isal0"));
    final MemorySegment function;
    try (IsalLibrary look = Installed.open()) {
      function = MemorySegment.ofAddress(look.function(IsalFunction.PQ_GEN).address());
    }
    final ChannelOps first = device.open(0);
    final ChannelOps second = device.open(1);
    assertThrows(ChannelBusyException.class, () -> device.open(1));
    device.close();
    first.close();
    assertHas(LoadedFile.at(function.address(), "?"), "isal");
    second.close();
    assertEquals("?", LoadedFile.at(function.address(), "?"));
  }

  @Test
  void channelWhoseLibraryIsGoneIsNotOpenedAndMayBeTriedAgain() throws UnusableException {
    final IsalDevice device = open(TestConfig.named("isal0"));
    device.close();
    final ChannelOps ops = device.open(0);
    ops.close();
    device.open(0).close();
  }
}
