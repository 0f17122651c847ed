package io.asynctx.driver.ioat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.DmaMappingException;
import io.asynctx.models.EmulatedFunction;
import io.asynctx.models.ioat.IoatModel;
import io.asynctx.models.ioat.IoatProfile;
import io.asynctx.models.ioat.IoatSettings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IoatMappingsTest {
  private static final int MOST = 3;

  private EmulatedFunction function;
  private ClaimedFunction claim;
  private IoatMappings mappings;
  private Arena arena;
  private MemorySegment memory;

  @BeforeEach
  void open() {
    function =
        new EmulatedFunction(
            new IoatModel(IoatSettings.synchronous(IoatProfile.SKX)), "0000:00:04.0", -1, MOST);
    claim = function.claim("test");
    mappings = new IoatMappings(claim);
    arena = Arena.ofConfined();
    memory = arena.allocate(1 << 16, 4096);
  }

  @AfterEach
  void close() {
    claim.close();
    function.close();
    arena.close();
  }

  private long iova(MemorySegment segment) {
    return mappings.iova(segment.address(), segment.byteSize());
  }

  @Test
  void everyPartOfWhatIsMappedIsFoundAndNothingElse() {
    final MemorySegment mapped = memory.asSlice(4096, 8192);
    mappings.map(mapped);
    final long first = iova(mapped);
    assertTrue(first != IoatMappings.UNMAPPED);
    assertEquals(first + 17, iova(memory.asSlice(4096 + 17, 100)));
    assertEquals(first + 8191, iova(memory.asSlice(4096 + 8191, 1)));
    assertEquals(IoatMappings.UNMAPPED, iova(memory.asSlice(4095, 1)));
    assertEquals(IoatMappings.UNMAPPED, iova(memory.asSlice(4095, 8)));
    assertEquals(IoatMappings.UNMAPPED, iova(memory.asSlice(4096 + 8192, 1)));
    assertEquals(IoatMappings.UNMAPPED, iova(memory.asSlice(4096 + 8000, 193)));
  }

  @Test
  void rangesInRangesAreFoundWhicheverIsMappedFirst() {
    final MemorySegment inner = memory.asSlice(8192, 100);
    mappings.map(inner);
    mappings.map(memory);
    mappings.map(memory.asSlice(8200, 10));
    assertTrue(iova(memory.asSlice(8192, 100)) != IoatMappings.UNMAPPED);
    assertTrue(iova(memory.asSlice(8195, 2000)) != IoatMappings.UNMAPPED);
    assertTrue(iova(memory.asSlice(8205, 90)) != IoatMappings.UNMAPPED);
    assertTrue(iova(memory) != IoatMappings.UNMAPPED);
    mappings.unmap(memory);
    assertTrue(iova(inner) != IoatMappings.UNMAPPED);
    assertEquals(IoatMappings.UNMAPPED, iova(memory.asSlice(8195, 2000)));
    mappings.unmap(inner);
    assertTrue(iova(memory.asSlice(8205, 5)) != IoatMappings.UNMAPPED);
    assertEquals(IoatMappings.UNMAPPED, iova(inner));
  }

  @Test
  void whatIsMappedTwiceMustBeUnmappedTwice() {
    mappings.map(memory);
    mappings.map(memory);
    mappings.unmap(memory);
    assertTrue(iova(memory) != IoatMappings.UNMAPPED);
    mappings.unmap(memory);
    assertEquals(IoatMappings.UNMAPPED, iova(memory));
    mappings.unmap(memory);
  }

  @Test
  void exhaustedMappingsAreNamedAndLeaveTheOthersAlone() {
    for (int i = 0; i < MOST; i++) {
      mappings.map(memory.asSlice(4096L * i, 4096));
    }
    final DmaMappingException e =
        assertThrows(
            DmaMappingException.class, () -> mappings.map(memory.asSlice(4096L * MOST, 4096)));
    assertTrue(e.getMessage().contains("mappings=" + MOST), e.getMessage());
    assertEquals(IoatMappings.UNMAPPED, iova(memory.asSlice(4096L * MOST, 4096)));
    assertTrue(iova(memory.asSlice(0, 4096)) != IoatMappings.UNMAPPED);
    mappings.clear();
    assertEquals(IoatMappings.UNMAPPED, iova(memory.asSlice(0, 4096)));
    mappings.map(memory);
    assertTrue(iova(memory) != IoatMappings.UNMAPPED);
  }
}
