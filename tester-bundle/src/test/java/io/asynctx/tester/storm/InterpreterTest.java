package io.asynctx.tester.storm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.asynctx.dmaengine.SumCheck;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The oracle against values worked out by hand. */
class InterpreterTest {

  private static final List<Integer> STRIPE = List.of(2, 3, 4, 0, 1);

  private final byte[] image = new byte[LaneSize.SMALL.bytes()];

  private int apply(Op op) {
    return Interpreter.apply(Plans.chain(op), op, image);
  }

  private int at(int region, int byteOf) {
    return Plans.chain().at(region, byteOf);
  }

  @Test
  void aCopyAFillAndASumAreWhatTheySay() {
    image[at(1, 8)] = 0x11;
    image[at(2, 8)] = 0x2e;
    apply(Plans.op(OpKind.COPY, 8, List.of(0), List.of(1)));
    assertEquals(0x11, image[at(0, 8)]);
    apply(Plans.op(OpKind.XOR_INTO, 8, List.of(0), List.of(0, 2)));
    assertEquals(0x3f, image[at(0, 8)]);
    apply(Plans.op(OpKind.XOR, 8, List.of(0), List.of(1, 2)));
    assertEquals(0x3f, image[at(0, 8)]);
    apply(Plans.op(OpKind.FILL, 16, List.of(0), List.of()));
    assertEquals(0x3f, image[at(0, 8)]);
    assertEquals(0x5a, image[at(0, 16)]);
    assertEquals(0x5a, image[at(0, Plans.LENGTH - 1)]);
    assertEquals(0, image[at(0, Plans.LENGTH)]);
  }

  @ParameterizedTest
  @CsvSource({"3", "-3"})
  void aMoveEndsAsIfThroughAThirdPlace(int distance) {
    new Random(1).nextBytes(image);
    final byte[] before = image.clone();
    final Op move = Plans.move(8, distance);
    apply(move);
    assertArrayEquals(
        Arrays.copyOfRange(before, at(0, 8) + distance, at(0, 8) + distance + move.length()),
        Arrays.copyOfRange(image, at(0, 8), at(0, 8) + move.length()));
  }

  /** g = 2 in the field of 0x11d: 2 * 0x80 = 0x1d, 4 * 0x80 = 0x3a. */
  @Test
  void syndromesAreThoseOfTheField() {
    image[at(2, 8)] = 1;
    image[at(3, 8)] = (byte) 0x80;
    image[at(4, 8)] = (byte) 0x80;
    apply(Plans.op(OpKind.PQ, 8, List.of(0, 1), List.of(2, 3, 4)));
    assertEquals(1, image[at(0, 8)]);
    assertEquals(1 ^ 0x1d ^ 0x3a, image[at(1, 8)]);
    apply(Plans.op(OpKind.PQ_INTO, 8, List.of(0, 1), List.of(2, 3, 4)));
    assertEquals(0, image[at(0, 8)]);
    assertEquals(0, image[at(1, 8)]);
  }

  @Test
  void aSyndromeThatIsNotWantedIsLeftAlone() {
    new Random(2).nextBytes(image);
    final byte[] before = image.clone();
    apply(Plans.op(OpKind.PQ, 8, List.of(Op.NONE, 1), List.of(2, 3)));
    assertNotEquals(before[at(1, 8)], image[at(1, 8)]);
    image[at(1, 8)] = before[at(1, 8)];
    System.arraycopy(before, at(1, 8), image, at(1, 8), Plans.LENGTH - 8);
    assertArrayEquals(before, image);
  }

  @Test
  void checksSayWhichSyndromeIsWrong() {
    new Random(3).nextBytes(image);
    apply(Plans.op(OpKind.PQ, 8, List.of(0, 1), List.of(2, 3, 4)));
    final Op check = Plans.op(OpKind.PQ_VAL, 8, List.of(), STRIPE);
    assertEquals(0, apply(check));
    image[at(0, 100)]++;
    assertEquals(SumCheck.P_WRONG, apply(check));
    image[at(1, 100)]++;
    assertEquals(SumCheck.P_WRONG | SumCheck.Q_WRONG, apply(check));
    image[at(0, 100)]--;
    assertEquals(SumCheck.Q_WRONG, apply(check));
    apply(Plans.op(OpKind.XOR, 8, List.of(5), List.of(2, 3)));
    final Op sum = Plans.op(OpKind.XOR_VAL, 8, List.of(), List.of(5, 2, 3));
    assertEquals(0, apply(sum));
    image[at(3, Plans.LENGTH - 1)] ^= 1;
    assertEquals(SumCheck.P_WRONG, apply(sum));
  }

  /** Every pair of data blocks, and each with P. */
  @ParameterizedTest
  @CsvSource({"0,1", "0,2", "1,2", "0,3", "1,3", "2,3"})
  void whatIsLostComesBack(int a, int b) {
    new Random(4).nextBytes(image);
    apply(Plans.op(OpKind.PQ, 8, List.of(0, 1), List.of(2, 3, 4)));
    final byte[] whole = image.clone();
    apply(Plans.op(OpKind.FILL, 8, List.of(STRIPE.get(a)), List.of()));
    apply(Plans.op(OpKind.FILL, 8, List.of(STRIPE.get(b)), List.of()));
    apply(Plans.recovery(8, STRIPE, a, b));
    assertArrayEquals(whole, image);
  }
}
