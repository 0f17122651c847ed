package io.asynctx.validation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.asynctx.validation.tier.Profile;
import io.asynctx.validation.tier.Tier;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The words of the command line. */
final class OptionsTest {

  @TempDir Path folder;

  @Test
  void withoutOptionsEveryTierAndPartIsRun() throws Options.WordsException {
    assertEquals(
        new Options(EnumSet.allOf(Tier.class), EnumSet.allOf(Profile.class), null),
        Options.of(List.of("ioat")));
  }

  @Test
  void tiersAndPartsMayBeRepeatedInAnyCase() throws Options.WordsException {
    final Path file = folder.resolve("table.json");
    assertEquals(
        new Options(EnumSet.of(Tier.A, Tier.D), EnumSet.of(Profile.SKX, Profile.BWD), file),
        Options.of(
            List.of(
                "--tier",
                "d",
                "ioat",
                "--tier",
                "A",
                "--profile",
                "SKX",
                "--profile",
                "bwd",
                "--json",
                file.toString())));
  }

  @ParameterizedTest
  @CsvSource({
    "'', device missing: known=ioat",
    "dsa, unknown device: word=dsa",
    "ioat ioat, device twice: word=ioat",
    "ioat --fast, unknown option: word=--fast",
    "ioat --tier, value missing: option=--tier",
    "ioat --tier E, 'unknown tier: value=E, known=A, B, C, D'",
    "ioat --profile x, 'unknown profile: value=x, known=skx, icx, raid, bwd'",
    "ioat --json /no/such/folder/f, --json: no such folder: file=/no/such/folder/f",
  })
  void wordsThatMeanNothingAreNamed(String words, String message) {
    final List<String> all = words.isEmpty() ? List.of() : List.of(words.split(" "));
    assertEquals(
        message, assertThrows(Options.WordsException.class, () -> Options.of(all)).getMessage());
  }
}
