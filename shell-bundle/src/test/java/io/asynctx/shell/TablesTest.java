package io.asynctx.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TablesTest {

  private record Row(String name, long count) {}

  private final Table<Row> table =
      new Table<>(Row.class, "none", Row::name).text("NAME", Row::name).number("COUNT", Row::count);

  @Test
  void numbersStandAtTheRightAndTextAtTheLeft() {
    assertEquals(
        "NAME      COUNT\na             1\nlonger  -12,345",
        table.rows(List.of(new Row("a", 1), new Row("longer", -12345))));
  }

  @Test
  void anEmptyTableSaysSo() {
    assertEquals("none", table.rows(List.of()));
  }

  @Test
  void oneRecordIsALineAValue() {
    assertEquals("name   a\ncount  1", table.record(new Row("a", 1)));
    assertEquals("a  1", table.row(new Row("a", 1)));
    assertEquals("a", table.name(new Row("a", 1)));
  }

  @ParameterizedTest
  @CsvSource({
    "0,0 ms",
    "999,999 ms",
    "1000,1 s",
    "119999,119 s",
    "120000,2 min",
    "7199999,119 min",
    "7200000,2 h"
  })
  void agesAreForPeople(long millis, String text) {
    assertEquals(text, Tables.age(millis));
  }

  @Test
  void capabilitiesAreShortAndUnknownOnesAreNotLost() {
    assertEquals("copy xor", Tables.operations(List.of("MEMCPY", "XOR")));
    assertEquals("copy xorval", Tables.operations(List.of("memcpy", "xor_val")));
    assertEquals("", Tables.operations(List.of()));
    assertEquals("CRC32C", Tables.operations(List.of("CRC32C")));
    final String cut =
        Tables.operations(List.of("MEMCPY", "MEMSET", "XOR", "XOR_VAL", "PQ", "PQ_VAL"));
    assertTrue(cut.endsWith(" …") && cut.length() <= 26, cut);
  }

  @Test
  void strangersArePrintedByTheShellItself() {
    final TableConverter converter = new TableConverter();
    assertNull(converter.format("text", 0, converter));
    assertNull(converter.format(List.of(1, 2), 0, converter));
    assertNull(converter.format(List.of(), 0, converter));
    assertNull(converter.format(Map.of(), 0, converter));
    assertNull(
        converter.format(
            List.of(FakeInspector.device("a", "software", "serving"), "other"), 0, converter));
    assertNull(converter.convert(String.class, "x"));
  }
}
