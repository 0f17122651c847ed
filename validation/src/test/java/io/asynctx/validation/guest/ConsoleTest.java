package io.asynctx.validation.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a guest said. */
final class ConsoleTest {

  private static Console console(String text, boolean ended) {
    return new Console(text, Path.of("log"), ended, Duration.ofSeconds(5));
  }

  @Test
  void theLastValueCountsAndItsLineEndIsNotPartOfIt() {
    final Console console = console("asynctx:n=1\r\nasynctx:n=22\r\nx asynctx:n=3\n", true);
    assertEquals("22", console.value("n"));
    assertEquals(22, console.number("n"));
    assertEquals("", console.value("m"));
    assertEquals(-1, console.number("m"));
    assertEquals(-1, console("asynctx:n=-5\n", true).number("n"));
  }

  @Test
  void onlyAGuestWhoseScriptCameToItsEndInTimeHasNoTrouble() {
    assertEquals("", console("asynctx:done\n", true).trouble());
    assertTrue(console("asynctx:done\n", false).trouble().startsWith("time is over: limit=PT5S"));
    assertEquals(
        "the guest ended before its script, last line=Kernel panic",
        console("hello\nKernel panic\n\n", true).trouble());
  }
}
