package io.asynctx.tester;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {

  private static Options parse(String... arguments) throws UsageException {
    return Options.parse(
        List.of(arguments), Set.of("--help", "--loud"), Set.of("--n", "--name"), 2);
  }

  private static String refused(String... arguments) {
    return assertThrows(UsageException.class, () -> parse(arguments)).getMessage();
  }

  @Test
  void optionsAndWhatStandsAloneMix() throws UsageException {
    final Options options = parse("a", "--n", "3", "--loud", "--name=x=y", "b");
    assertEquals(List.of("a", "b"), options.alone());
    assertEquals("3", options.value("--n"));
    assertEquals("x=y", options.value("--name"));
    assertTrue(options.flag("--loud"));
    assertFalse(options.flag("--help"));
    assertNull(parse().value("--n"));
    assertEquals("z", parse().value("--name", "z"));
    assertTrue(parse("-h").flag("--help"));
  }

  @Test
  void twoDashesEndTheOptions() throws UsageException {
    assertEquals(List.of("--n", "-"), parse("--", "--n", "-").alone());
    assertEquals(List.of("-"), parse("-").alone());
  }

  @Test
  void whatIsWrongIsNamed() {
    assertTrue(refused("--x").contains("option=--x, known=--help --loud --n --name"));
    assertTrue(refused("-x").contains("unknown option: option=-x"));
    assertTrue(refused("--loud=yes").contains("takes no value: option=--loud"));
    assertTrue(refused("--n").contains("needs a value: option=--n"));
    assertTrue(refused("--n=").contains("needs a value: option=--n"));
    assertTrue(refused("--n", "1", "--n", "2").contains("given twice: option=--n"));
    assertTrue(refused("a", "b", "c").contains("most=2, given=[a, b, c]"));
  }

  @ParameterizedTest
  @CsvSource({"1,1", "16K,16384", "2m,2097152", "1G,1073741824", "-1,-1"})
  void numbersMayHaveASuffix(String text, long value) throws UsageException {
    assertEquals(value, parse("--n", text).number("--n", 7, -1, 1L << 40));
  }

  @Test
  void numbersAreCheckedAgainstTheirBounds() throws UsageException {
    assertEquals(7, parse().number("--n", 7, 8, 9));
    for (String bad : List.of("x", "1.5", "K", "9223372036854775807K", "0x10", " 1")) {
      final String message =
          assertThrows(UsageException.class, () -> parse("--n", bad).number("--n", 7, 0, 9))
              .getMessage();
      assertTrue(message.contains("not a whole number: option=--n, value=" + bad), message);
    }
    final String message =
        assertThrows(UsageException.class, () -> parse("--n", "10").number("--n", 7, 0, 9))
            .getMessage();
    assertEquals("out of range: option=--n, value=10, min=0, max=9", message);
  }
}
