package io.asynctx.driver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class OperandTest {
  private static final byte[] CONTENT = {9, 9, 9, 9};

  private final Memory memory = Memory.over(MemorySegment.ofArray(new long[128]));
  private final Operand to = Operand.destination("to", memory, 4, 1).becomes(CONTENT);

  private void set(long at, int value) {
    to.segment(8, true).set(ValueLayout.JAVA_BYTE, 8 + at, (byte) value);
  }

  @Test
  void saysWhichByteIsMissing() {
    set(0, 9);
    set(1, 9);
    set(3, 9);
    assertEquals(
        "missing byte, not written: operand=to, offset=2, length=4, expected=0x9, actual=0x3d,"
            + " bytes=1",
        to.differs());
  }

  @Test
  void saysWhichByteIsWrong() {
    for (int i = 0; i < 4; i++) {
      set(i, i == 3 ? 7 : 9);
    }
    assertTrue(String.valueOf(to.differs()).startsWith("wrong byte: operand=to, offset=3"));
  }

  @Test
  void saysWhichByteIsAStray() {
    for (int i = -1; i < 4; i++) {
      set(i, 9);
    }
    assertTrue(
        String.valueOf(to.differs())
            .startsWith("stray byte outside the transfer: operand=to, offset=-1"));
    assertTrue(String.valueOf(to.strays()).contains("offset=-1"));
  }

  @Test
  void isContentWithWhatItMustBecome() {
    assertNull(to.touched());
    for (int i = 0; i < 4; i++) {
      set(i, 9);
    }
    assertNull(to.differs());
    assertNull(to.strays());
    assertTrue(String.valueOf(to.touched()).contains("offset=0"));
  }

  @Test
  void standsExactlyAtTheLimitOfItsAlignment() {
    final Memory pinned = Memory.pinned(1 << 16);
    for (int alignment = 1; alignment <= 4096; alignment *= 2) {
      pinned.reset();
      final Operand one = Operand.destination("one", pinned, alignment, alignment);
      assertEquals(alignment, one.segment(0, false).address() % (2L * alignment));
    }
    pinned.spare();
  }
}
