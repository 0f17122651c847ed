package io.asynctx.pci.vfio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.bus.BarWindow;
import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.DmaDirection;
import io.asynctx.dmaengine.bus.DmaMappingException;
import io.asynctx.dmaengine.bus.FunctionBusyException;
import io.asynctx.dmaengine.bus.FunctionGoneException;
import io.asynctx.dmaengine.bus.PciIdentity;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A function behind VFIO, on a kernel that refuses what Linux refuses. */
final class VfioClaimTest {

  private static final PciIdentity IOAT =
      new PciIdentity(FakeSysfs.IOAT, 0x8086, 0x0b00, 0, 0, 0x088000, 2, -1, 7);

  private final FakeKernel kernel = new FakeKernel();
  private final Groups groups =
      new Groups(new Kernel(kernel, new KernelFiles(Path.of("/fake/dev"), Path.of("/fake/sys"))));
  private final VfioFunction function = new VfioFunction(IOAT, groups, () -> {});
  private final Arena arena = Arena.ofShared();

  @AfterEach
  void nothingStaysOpen() {
    final VfioClaim claim = function.claimed();
    if (claim != null) {
      claim.close();
    }
    assertEquals(0, kernel.descriptors(), "descriptors left open");
    assertEquals(0, kernel.maps.size(), "memory left mapped");
    arena.close();
  }

  @Test
  void aClaimGivesConfigurationSpaceByEachWidth() {
    kernel.config[0] = (byte) 0x86;
    kernel.config[1] = (byte) 0x80;
    kernel.config[3] = (byte) 0x8b;
    final ClaimedFunction claim = function.claim("ioat0");
    assertEquals(4096, claim.configSize());
    assertEquals(0x86, claim.readConfig8(0));
    assertEquals(0x8b00, claim.readConfig16(2));
    assertEquals(0x8b00_8086, claim.readConfig32(0));
    claim.writeConfig32(0x180, 0x01020304);
    claim.writeConfig16(0x180, 0xaaaabbbb);
    claim.writeConfig8(0x183, 0x7f);
    assertEquals(0x7f02bbbb, claim.readConfig32(0x180));
    assertTrue(kernel.log.containsAll(List.of("config 180 width 4", "config 183 width 1")));
  }

  @Test
  void configurationSpaceOutsideOfItsEndOrAlignmentIsRefusedWithTheValues() {
    kernel.configSize = 256;
    final ClaimedFunction claim = function.claim("ioat0");
    assertHas(
        assertThrows(IndexOutOfBoundsException.class, () -> claim.readConfig32(0x100)),
        "0000:00:04.0 8086:0b00",
        "offset=256",
        "width=4",
        "size=256");
    assertThrows(IndexOutOfBoundsException.class, () -> claim.writeConfig8(-1, 0));
    assertHas(
        assertThrows(IllegalArgumentException.class, () -> claim.readConfig16(3)), "offset=3");
  }

  @Test
  void configurationSpaceThatIsCutShortIsRefusedAndNothingStaysOpen() {
    kernel.configSize = 32;
    assertHas(
        assertThrows(IllegalStateException.class, () -> function.claim("ioat0")),
        "configuration space cut short",
        "bytes=32",
        "needed=64");
    assertNull(function.owner());
  }

  @Test
  void aClaimResetsAndLeavesBusMasteringOffAndMemoryOn() {
    kernel.config[4] = 4;
    function.claim("ioat0");
    assertEquals(2, kernel.config[4]);
    assertTrue(kernel.log.getFirst().equals("mmap"), kernel.log.toString());
    assertTrue(kernel.log.get(1).startsWith("reset"), kernel.log.toString());
  }

  @Test
  void registersAreThoseOfTheWindowByEachWidth() {
    final BarWindow bar = function.claim("ioat0").bar(0);
    assertEquals(16384, bar.size());
    bar.write64(0x88, 0x1122_3344_5566_7788L);
    assertEquals(0x88, kernel.bar.get(ValueLayout.JAVA_BYTE, 0x88) & 0xff);
    bar.write32(0x90, 0xcafe_f00d);
    bar.write16(0x86, 0x1_beef);
    bar.write8(0x84, 0x1_20);
    assertEquals(0x1122_3344_5566_7788L, bar.read64(0x88));
    assertEquals(0x5566_7788, bar.read32(0x88));
    assertEquals(0xcafe_f00d, bar.read32(0x90));
    assertEquals(0xbeef, bar.read16(0x86));
    assertEquals(0x20, bar.read8(0x84));
    assertEquals(0, bar.read8(0x85), "a neighbour was written");
    assertEquals(0, function.claimed().bar(2).size());
    assertThrows(IndexOutOfBoundsException.class, () -> function.claimed().bar(6));
  }

  @Test
  void registersOutsideOfTheWindowOrItsAlignmentAreRefusedWithTheValues() {
    final BarWindow bar = function.claim("ioat0").bar(0);
    assertHas(
        assertThrows(IndexOutOfBoundsException.class, () -> bar.read32(16381)),
        "bar=0",
        "offset=16381",
        "width=4",
        "size=16384");
    assertThrows(IndexOutOfBoundsException.class, () -> bar.write8(-1, 0));
    assertThrows(IndexOutOfBoundsException.class, () -> function.claimed().bar(1).read8(0));
    assertHas(assertThrows(IllegalArgumentException.class, () -> bar.read64(0x84)), "offset=132");
    assertThrows(UnsupportedOperationException.class, () -> bar.writeBlock(0, arena.allocate(64)));
  }

  @Test
  void memoryOfAnyAlignmentIsMappedByWholePagesAndUnmapped() {
    final ClaimedFunction claim = function.claim("ioat0");
    final MemorySegment memory = arena.allocate(3 * 4096, 4096).asSlice(100, 5000);
    final long iova = claim.mapDma(memory, DmaDirection.TO_DEVICE);
    final long again = claim.mapDma(memory, DmaDirection.BOTH);
    assertEquals(100, iova & 4095);
    assertTrue(iova != again && iova > 4096, "iova=" + iova + ", again=" + again);
    final long[] map = kernel.maps.get(iova & -4096);
    assertEquals(memory.address() - 100, map[0]);
    assertEquals(2 * 4096, map[1]);
    assertEquals(1, map[2], "the function may only read");
    assertEquals(3, kernel.maps.get(again & -4096)[2]);
    final long written = claim.mapDma(memory, DmaDirection.FROM_DEVICE);
    assertEquals(2, kernel.maps.get(written & -4096)[2]);
    claim.unmapDma(iova);
    assertEquals(2, kernel.maps.size());
    assertHas(
        assertThrows(IllegalArgumentException.class, () -> claim.unmapDma(iova)), "no mapping");
  }

  @Test
  @SuppressWarnings("restricted") // only its address is looked at
  void nothingIsMappedInTheWindowOfTheInterruptsNorAtZero() {
    kernel.lockedLimit = Long.MAX_VALUE;
    final ClaimedFunction claim = function.claim("ioat0");
    final MemorySegment huge = MemorySegment.ofAddress(1L << 40).reinterpret(3L << 30);
    final long low = claim.mapDma(huge, DmaDirection.BOTH);
    final long high = claim.mapDma(huge, DmaDirection.BOTH);
    assertTrue(low >= 1 << 20 && low + huge.byteSize() <= 0xfee0_0000L, "low=" + low);
    assertTrue(high >= 0xfef0_0000L, "high=" + high);
  }

  @Test
  void anOldKernelThatTellsNoRangesGetsTheUsualOnes() {
    kernel.tellsRanges = false;
    final ClaimedFunction claim = function.claim("ioat0");
    assertEquals(4096, claim.dmaPageSize());
    assertEquals(1 << 20, claim.mapDma(arena.allocate(4096, 4096), DmaDirection.BOTH));
  }

  @Test
  void memoryThatCannotBeMappedIsRefused() {
    final ClaimedFunction claim = function.claim("ioat0");
    for (MemorySegment bad :
        List.of(MemorySegment.ofArray(new byte[8]), arena.allocate(8).asSlice(0, 0))) {
      assertHas(
          assertThrows(IllegalArgumentException.class, () -> claim.mapDma(bad, DmaDirection.BOTH)),
          "native=" + bad.isNative(),
          "bytes=" + bad.byteSize());
    }
  }

  @Test
  void exhaustedLockedMemoryIsNamedWithTheLimitAndTheRemedy() {
    kernel.lockedLimit = 4096;
    final ClaimedFunction claim = function.claim("ioat0");
    claim.mapDma(arena.allocate(4096, 4096), DmaDirection.BOTH);
    assertHas(
        assertThrows(
            DmaMappingException.class,
            () -> claim.mapDma(arena.allocate(4096, 4096), DmaDirection.BOTH)),
        "locked memory exhausted",
        "bytes=4096",
        "mapped=4096",
        "ENOMEM(12)",
        "limit=",
        "LimitMEMLOCK=");
    kernel.lockedLimit = Long.MAX_VALUE;
    claim.mapDma(arena.allocate(4096, 4096), DmaDirection.BOTH);
    assertEquals(2, kernel.maps.size(), "the address of the refused one is free again");
  }

  @Test
  void exhaustedMappingsAreNamedWithTheRemedy() {
    kernel.mapLimit = 0;
    final ClaimedFunction claim = function.claim("ioat0");
    assertHas(
        assertThrows(
            DmaMappingException.class, () -> claim.mapDma(arena.allocate(8), DmaDirection.BOTH)),
        "mappings exhausted",
        "ENOSPC(28)",
        "dma_entry_limit");
  }

  @Test
  void oneClaimAtATime() {
    final ClaimedFunction claim = function.claim("ioat0");
    assertEquals("ioat0", function.owner());
    assertHas(
        assertThrows(FunctionBusyException.class, () -> function.claim("other")), "owner=ioat0");
    claim.close();
    claim.close();
    assertNull(function.owner());
    function.claim("other").close();
  }

  @Test
  void aFunctionOfTheSameGroupSharesIt() {
    final ClaimedFunction claim = function.claim("ioat0");
    final VfioFunction twin = new VfioFunction(IOAT, groups, () -> {});
    final ClaimedFunction other = twin.claim("ioat1");
    claim.close();
    other.mapDma(arena.allocate(8), DmaDirection.BOTH);
    other.close();
  }

  @ParameterizedTest
  @CsvSource({
    "vfio, 13, no permission: file=/fake/dev/vfio/vfio",
    "vfio, 2, modprobe vfio-pci",
    "7, 13, no permission: file=/fake/dev/vfio/7",
    "7, 2, modprobe vfio-pci",
    "7, 24, ulimit -n",
  })
  void aFileThatCannotBeOpenedIsNamedWithTheRemedy(String file, int error, String remedy) {
    kernel.refusals.put(file, error);
    assertHas(
        assertThrows(IllegalStateException.class, () -> function.claim("ioat0")),
        "function=0000:00:04.0 8086:0b00",
        "file=/fake/dev/vfio/" + file,
        '(' + Integer.toString(error) + ')',
        remedy);
  }

  @Test
  void aGroupThatAnotherProcessHasIsBusy() {
    kernel.refusals.put("7", 16);
    assertHas(
        assertThrows(FunctionBusyException.class, () -> function.claim("ioat0")),
        "another process");
  }

  @Test
  void aGroupThatIsNotViableIsRefusedWithTheRemedy() {
    kernel.viable = false;
    assertHas(
        assertThrows(IllegalStateException.class, () -> function.claim("ioat0")),
        "IOMMU group not viable",
        "group=7",
        "bound to vfio-pci or to nothing");
  }

  @Test
  void aMachineWithoutIommuIsRefusedWithTheRemedy() {
    final PciIdentity bare = new PciIdentity(FakeSysfs.IOAT, 0x8086, 0x0b00, 0, 0, 0, 0, -1, -1);
    assertHas(
        assertThrows(
            IllegalStateException.class,
            () -> new VfioFunction(bare, groups, () -> {}).claim("ioat0")),
        "no IOMMU",
        "intel_iommu=on");
    kernel.type1 = false;
    assertHas(
        assertThrows(IllegalStateException.class, () -> function.claim("ioat0")),
        "type1=0",
        "vfio_iommu_type1");
    kernel.type1 = true;
    kernel.ioctlRefusals.put("3b66", 1);
    assertHas(
        assertThrows(IllegalStateException.class, () -> function.claim("ioat0")),
        "EPERM(1)",
        "allow_unsafe_interrupts");
  }

  @ParameterizedTest
  @CsvSource({
    "3b67, 22, group has no status",
    "3b68, 22, group joins no container",
    "3b6a, 19, function not opened",
    "mmap, 12, registers not mapped",
    "eventfd, 24, no eventfd",
  })
  void aClaimThatComesHalfWayLeavesNothingOpen(String call, int error, String message) {
    kernel.ioctlRefusals.put(call, error);
    assertHas(assertThrows(IllegalStateException.class, () -> function.claim("ioat0")), message);
    assertNull(function.owner());
    kernel.ioctlRefusals.clear();
    function.claim("ioat0").close();
  }

  @Test
  void aFunctionThatIsGoneReadsAllOnesAndTakesNoWrite() {
    final ClaimedFunction claim = function.claim("ioat0");
    final MemorySegment memory = arena.allocate(8);
    final long iova = claim.mapDma(memory, DmaDirection.BOTH);
    function.leave();
    final BarWindow bar = claim.bar(0);
    assertTrue(claim.gone() && function.gone());
    assertEquals(0xff, bar.read8(8));
    assertEquals(0xffff, bar.read16(8));
    assertEquals(-1, bar.read32(8));
    assertEquals(-1L, bar.read64(8));
    assertEquals(0xff, claim.readConfig8(0));
    assertEquals(0xffff, claim.readConfig16(0));
    assertEquals(-1, claim.readConfig32(0));
    bar.write8(8, 1);
    bar.write16(8, 1);
    bar.write32(8, 1);
    bar.write64(8, 1);
    claim.writeConfig32(0x40, 1);
    assertEquals(0, kernel.bar.get(ValueLayout.JAVA_LONG, 8));
    assertEquals(0, kernel.config[0x40]);
    assertFalse(claim.reset());
    assertThrows(FunctionGoneException.class, () -> claim.mapDma(memory, DmaDirection.BOTH));
    assertThrows(FunctionGoneException.class, () -> claim.enableInterrupts(1));
    claim.unmapDma(iova);
    claim.close();
    assertThrows(FunctionGoneException.class, () -> function.claim("again"));
  }

  @Test
  void aClosedClaimIsRefused() {
    final ClaimedFunction claim = function.claim("ioat0");
    final BarWindow bar = claim.bar(0);
    assertSame(function, claim.function());
    claim.close();
    assertThrows(IllegalStateException.class, () -> bar.read32(0));
    assertThrows(IllegalStateException.class, () -> bar.write64(0, 0));
    assertThrows(IllegalStateException.class, () -> claim.readConfig8(0));
    assertThrows(IllegalStateException.class, () -> claim.bar(0));
    assertThrows(
        IllegalStateException.class, () -> claim.mapDma(arena.allocate(8), DmaDirection.BOTH));
    assertThrows(IllegalStateException.class, () -> claim.unmapDma(0));
    assertThrows(IllegalStateException.class, claim::reset);
    assertFalse(claim.gone());
    function.leave();
    assertThrows(IllegalStateException.class, () -> bar.read32(0));
  }

  @Test
  void closingResetsBeforeMemoryIsUnmapped() {
    final ClaimedFunction claim = function.claim("ioat0");
    claim.mapDma(arena.allocate(8), DmaDirection.BOTH);
    claim.enableInterrupts(2);
    claim.writeConfig16(4, 6);
    kernel.log.clear();
    claim.close();
    assertEquals(
        List.of("config 4 width 2", "irqs off", "reset, 1 maps, 0 irqs, master=false", "munmap"),
        kernel.log);
  }

  @Test
  void aResetDisablesInterruptsAndBusMasteringAndKeepsMappings() {
    final ClaimedFunction claim = function.claim("ioat0");
    claim.mapDma(arena.allocate(8), DmaDirection.BOTH);
    claim.enableInterrupts(1);
    claim.writeConfig16(4, 6);
    assertTrue(claim.reset());
    assertFalse(kernel.master());
    assertThrows(IndexOutOfBoundsException.class, () -> claim.interrupt(0));
    assertEquals(1, kernel.maps.size());
    kernel.canReset = false;
    claim.close();
    assertFalse(function.claim("ioat0").reset());
  }

  private static void assertHas(Exception e, String... parts) {
    for (String part : parts) {
      assertTrue(String.valueOf(e.getMessage()).contains(part), part + " in: " + e.getMessage());
    }
  }
}
