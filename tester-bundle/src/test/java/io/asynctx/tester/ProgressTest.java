package io.asynctx.tester;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressTest {

  private final Captured err = new Captured();

  @ParameterizedTest
  @CsvSource({
    "0,0 B",
    "999,999 B",
    "1000,1.0 KB",
    "999949,999.9 KB",
    "999950,1.0 MB",
    "135266304,135.3 MB",
    "9223372036854775807,9.2 EB"
  })
  void sizesAreForPeople(long bytes, String text) {
    assertEquals(text, Progress.size(bytes));
  }

  @Test
  void aTerminalGetsOneLineDrawnOverItself() {
    final Progress progress = new Progress(err.stream(), true, 100);
    progress.at(50);
    progress.at(100);
    progress.say("something happened");
    progress.end();
    final String text = err.toString();
    assertTrue(text.startsWith("\r[###############...............]  50 %"), text);
    assertTrue(text.contains("\r[##############################] 100 %"), text);
    assertTrue(text.endsWith("\r\033[Ksomething happened" + System.lineSeparator()), text);
  }

  @Test
  void aPipeGetsALineATenth() {
    final Progress progress = new Progress(err.stream(), false, 1000);
    for (int i = 0; i <= 1000; i++) {
      progress.at(i);
    }
    assertEquals(10, err.toString().lines().count());
    assertFalse(err.toString().contains("\r\033"));
  }

  @Test
  void aFileOfOneByteIsDoneAtOnce() {
    final Progress progress = new Progress(err.stream(), false, 1);
    progress.at(1);
    assertTrue(err.toString().startsWith("100 %  1 B"), err::toString);
  }
}
