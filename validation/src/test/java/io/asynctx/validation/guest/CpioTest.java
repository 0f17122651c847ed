package io.asynctx.validation.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The archive's bytes are those of the kernel's own description of the format. */
final class CpioTest {

  private static final String ZERO = "00000000";

  @Test
  void anArchiveHasFoldersFilesLinksAndATrailer() throws IOException {
    final ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Cpio cpio = new Cpio(out)) {
      cpio.folder("d");
      cpio.file("d/f", true, new byte[] {'x', 'y', 'z'});
      cpio.link("l", "d/f");
    }
    final String expected =
        header("00000001", "000041ed", "00000002", ZERO, "00000002")
            + "d\0"
            + header("00000002", "000081ed", "00000001", "00000003", "00000004")
            + "d/f\0"
            + "\0\0"
            + "xyz\0"
            + header("00000003", "0000a1ff", "00000001", "00000003", "00000002")
            + "l\0"
            + "d/f\0"
            + header("00000004", "00008000", "00000001", ZERO, "0000000b")
            + "TRAILER!!!\0"
            + "\0\0\0";
    assertEquals(expected, out.toString(StandardCharsets.US_ASCII));
    assertEquals(0, out.size() % 4);
  }

  private static String header(String inode, String mode, String links, String size, String name) {
    return "070701"
        + inode
        + mode
        + ZERO
        + ZERO
        + links
        + ZERO
        + size
        + ZERO.repeat(4)
        + name
        + ZERO;
  }
}
