package io.asynctx.pci.vfio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Addresses behind an IOMMU. */
final class IovaSpaceTest {

  private static final long MIB = 1 << 20;
  private static final long PAGE = 4096;

  private final IovaSpace space = new IovaSpace();

  @Test
  void rangesAreCutToPagesAndKeptOffTheLowestMegabyte() {
    space.add(0, MIB + 3 * PAGE + 5, PAGE);
    assertEquals(MIB, space.take(PAGE));
    assertEquals(MIB + PAGE, space.take(2 * PAGE));
    assertEquals(-1, space.take(PAGE), "half a page is none");
  }

  @Test
  void rangesToTheEndOfAllAddressesAndEmptyOnesAreUnderstood() {
    space.add(Long.MAX_VALUE - 3 * PAGE, -1, PAGE);
    assertEquals(2 * PAGE, space.room());
    space.add(8 * MIB, 8 * MIB, PAGE);
    space.add(-5, -1, PAGE);
    assertEquals(2 * PAGE, space.room());
  }

  @Test
  void whatIsGivenBackGrowsTogether() {
    space.add(MIB, 2 * MIB - 1, PAGE);
    final Random random = new Random(5);
    final List<long[]> taken = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      final long size = PAGE * (1 + random.nextInt(20));
      final long start = random.nextInt(3) > 0 ? space.take(size) : -1;
      if (start >= 0) {
        taken.forEach(t -> assertEquals(true, t[0] >= start + size || t[0] + t[1] <= start));
        taken.add(new long[] {start, size});
      } else if (!taken.isEmpty()) {
        final long[] back = taken.remove(random.nextInt(taken.size()));
        space.release(back[0], back[1]);
      }
      assertEquals(MIB, space.room() + taken.stream().mapToLong(t -> t[1]).sum());
    }
    taken.forEach(t -> space.release(t[0], t[1]));
    assertEquals(MIB, space.take(MIB), "one piece again");
  }
}
