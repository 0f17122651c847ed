package io.asynctx.tester;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayoutTest {

  @ParameterizedTest
  @CsvSource({"1,1,1", "31,1,31", "32,1,32", "33,2,1", "64,2,32", "65,3,1"})
  void theLastStripeHoldsTheRest(long bytes, long stripes, long inLast) {
    final Layout layout = new Layout(8, 4, bytes);
    assertEquals(stripes, layout.stripes());
    assertEquals(inLast, layout.bytesIn(stripes - 1));
    long sum = 0;
    for (long s = 0; s < stripes; s++) {
      assertEquals(sum, layout.offset(s));
      sum += layout.bytesIn(s);
    }
    assertEquals(bytes, sum);
  }

  @Test
  void disksAreNamedAsTheirFiles() {
    final Layout layout = new Layout(8, 8, 1);
    assertEquals("data-00", layout.diskName(0));
    assertEquals("data-07", layout.diskName(7));
    assertEquals("p", layout.diskName(8));
    assertEquals("q", layout.diskName(9));
  }

  @Test
  void everyPairOfDataDisksAndEveryDiskWithPIsLostInTurn() {
    final Layout layout = new Layout(8, 8, 1);
    final Set<Layout.Loss> twoData = new HashSet<>();
    final Set<Layout.Loss> withP = new HashSet<>();
    for (long s = 0; s < 40; s++) {
      final Layout.Loss loss = layout.loss(s);
      assertTrue(loss.a() >= 0 && loss.a() < loss.b() && loss.b() <= 8, loss::toString);
      assertEquals(s % 4 == 3, loss.b() == 8);
      (loss.b() == 8 ? withP : twoData).add(loss);
    }
    assertEquals(28, twoData.size());
    assertEquals(8, withP.size());
  }

  @Test
  void nonsenseIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Layout(8, 8, 0));
    assertThrows(IllegalArgumentException.class, () -> new Layout(0, 8, 1));
    assertThrows(IllegalArgumentException.class, () -> new Layout(8, 1, 1));
  }
}
