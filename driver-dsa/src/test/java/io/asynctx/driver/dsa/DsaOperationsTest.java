package io.asynctx.driver.dsa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.BitSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DsaOperationsTest {

  private static BitSet opcodes(int... codes) {
    final BitSet set = new BitSet();
    IntStream.of(codes).forEach(set::set);
    return set;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0,0,0,0000000100000018",
        "0x0,0x0,0x0,0x100000018",
        "00000000,00000000,00000000,00000000,00000000,00000000,00000001,00000018",
        "0, 0, 0, 0, 0, 0, 1, 18"
      })
  void bothFormsMeanTheSameOpcodes(String text) {
    assertEquals(opcodes(3, 4, 0x20), DsaOperations.parse(text));
  }

  @Test
  void highestBitStandsFirst() {
    assertEquals(opcodes(255, 0), DsaOperations.parse("8000000000000000,0,0,1"));
    assertEquals(opcodes(255, 32, 0), DsaOperations.parse("80000000,0,0,0,0,0,1,1"));
    assertEquals(opcodes(), DsaOperations.parse("0,0,0,0"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "1,2,3",
        "0,0,0,",
        "0,0,0,g",
        "0,0,0,-1",
        "0,0,0,0,0,0,0,0,0",
        "0,0,0,11112222333344445",
        "0,0,0,0,0,0,0,111122223"
      })
  void anythingElseIsNotUnderstood(String text) {
    assertNull(DsaOperations.parse(text));
  }

  @Test
  void operationsHaveNamesAndUnknownOnesNumbers() {
    assertEquals("noop copy crc 0xff", DsaOperations.describe(opcodes(0, 3, 0x10, 0xff)));
    assertEquals("none", DsaOperations.describe(opcodes()));
  }
}
