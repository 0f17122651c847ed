package io.asynctx.dmaengine.dto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class JsonTest {

  private record Inner(int n, boolean b) {}

  private record Outer(String s, Inner inner, List<Integer> list, Map<String, Long> map) {}

  private enum Colour {
    RED
  }

  @Test
  void simpleValuesAreThemselves() {
    assertEquals("null", Json.of(null));
    assertEquals("true", Json.of(true));
    assertEquals("-9223372036854775808", Json.of(Long.MIN_VALUE));
    assertEquals("0.5", Json.of(0.5));
    assertEquals("1.0E300", Json.of(1e300));
    assertEquals("\"RED\"", Json.of(Colour.RED));
    assertEquals("\"\"", Json.of(""));
  }

  @Test
  void emptyCollectionsStayOnOneLine() {
    assertEquals("[]", Json.of(List.of()));
    assertEquals("{}", Json.of(Map.of()));
    assertEquals("[]", Json.of(new Object[0]));
  }

  @Test
  void recordsKeepTheOrderOfTheirComponents() {
    final Outer outer =
        new Outer("x", new Inner(7, false), List.of(1, 2), new TreeMap<>(Map.of("b", 2L, "a", 1L)));
    assertEquals(
        """
        {
          "s": "x",
          "inner": {
            "n": 7,
            "b": false
          },
          "list": [
            1,
            2
          ],
          "map": {
            "a": 1,
            "b": 2
          }
        }\
        """,
        Json.of(outer));
  }

  @Test
  void everythingJsonForbidsInStringsIsEscaped() {
    assertEquals(
        "\"\\\"\\\\/\\n\\r\\t\\b\\f\\u0000\\u001f\\u007f\"", Json.of("\"\\/\n\r\t\b\f\0\37\177"));
    assertEquals("\"\\u2028\\u2029\\u0085\"", Json.of("\u2028\u2029\u0085"));
  }

  @Test
  void pairsPassAndHalvesAreEscaped() {
    assertEquals("\"\ud83d\ude00 äöü 漢\"", Json.of("\ud83d\ude00 äöü 漢"));
    assertEquals("\"\\ud83d\"", Json.of("\ud83d"));
    assertEquals("\"\\ude00x\"", Json.of("\ude00x"));
    assertEquals("\"\\ud83d\ud83d\ude00\"", Json.of("\ud83d\ud83d\ude00"));
  }

  @Test
  void keysAreTextAndEscaped() {
    final Map<Object, Object> map = new LinkedHashMap<>();
    map.put("a\"b", null);
    map.put(3, List.of());
    assertEquals("{\n  \"a\\\"b\": null,\n  \"3\": []\n}", Json.of(map));
  }

  @Test
  void whatHasNoJsonIsRefusedByName() {
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> Json.of(new StringBuilder()))
            .getMessage()
            .contains("type=java.lang.StringBuilder"));
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> Json.of(List.of(Double.NaN)))
            .getMessage()
            .contains("NaN"));
    assertThrows(IllegalArgumentException.class, () -> Json.of(Float.POSITIVE_INFINITY));
  }
}
