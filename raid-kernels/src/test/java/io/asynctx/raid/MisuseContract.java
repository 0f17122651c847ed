package io.asynctx.raid;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Misuse is refused by name and value before a byte is written; dead memory throws. */
abstract class MisuseContract {
  private static final int SIZE = 256;
  private static final int COUNT = 4;

  private final MemorySegment p = segment(1);
  private final MemorySegment q = segment(2);
  private final @Nullable MemorySegment[] data = {segment(3), segment(4), segment(5), segment(6)};
  private final MemorySegment small = room(SIZE - 1);

  abstract BulkKernels kernels();

  private BulkKernels k() {
    return kernels();
  }

  /** Every operation on the given operands. */
  private static List<Consumer<BulkKernels>> everyOperation(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length) {
    return List.of(
        k -> k.copy(p, q, offset, length),
        k -> k.fill(p, offset, length, (byte) 7),
        k -> k.equal(p, q, offset, length),
        k -> k.crc32c(p, offset, length, 1),
        k -> k.xor(p, data, count, offset, length),
        k -> k.xorIsZero(data, count, offset, length),
        k -> k.pq(p, q, data, count, offset, length),
        k -> k.pq(null, q, data, count, offset, length),
        k -> k.pqAccumulate(p, q, data, count, offset, length),
        k -> k.pqAccumulate(p, null, data, count, offset, length),
        k -> k.pqCheck(p, q, data, count, offset, length),
        k -> k.recoverTwoData(p, q, data, count, 0, 2, offset, length),
        k -> k.recoverDataAndP(p, q, data, count, 1, offset, length));
  }

  @Test
  void aRangeThatIsNoneIsRefusedByEveryOperation() {
    for (final long[] range :
        new long[][] {{0, 0}, {0, -1}, {-1, 8}, {1, Long.MAX_VALUE}, {Long.MAX_VALUE, 1}}) {
      everyOperation(p, q, data, COUNT, range[0], range[1])
          .forEach(op -> assertRefused("offset=" + range[0] + ", length=" + range[1], op));
    }
  }

  @Test
  void anOperandThatIsTooShortIsRefusedByEveryOperation() {
    everyOperation(p, q, data, COUNT, 1, SIZE)
        .forEach(op -> assertRefused("byteSize=256, offset=1, length=256", op));
    everyOperation(p, q, data, COUNT, Long.MAX_VALUE - 8, 8)
        .forEach(op -> assertRefused("offset=9223372036854775799", op));
  }

  @Test
  void theOperandThatIsTooShortIsNamed() {
    final @Nullable MemorySegment[] third = {data[0], null, small, data[3]};
    assertRefused("operand=sources[2]", k -> k.xor(p, third, COUNT, 0, SIZE));
    assertRefused("operand=sources[2]", k -> k.xorIsZero(third, COUNT, 0, SIZE));
    assertRefused("operand=data[2]", k -> k.pq(p, q, third, COUNT, 0, SIZE));
    assertRefused("operand=data[2]", k -> k.recoverTwoData(p, q, third, COUNT, 0, 3, 0, SIZE));
    assertRefused("operand=p", k -> k.pq(small, q, data, COUNT, 0, SIZE));
    assertRefused("operand=q", k -> k.pq(p, small, data, COUNT, 0, SIZE));
    assertRefused("operand=p", k -> k.pqCheck(small, q, data, COUNT, 0, SIZE));
    assertRefused("operand=q", k -> k.pqCheck(null, small, data, COUNT, 0, SIZE));
    assertRefused("operand=q", k -> k.recoverTwoData(p, small, data, COUNT, 0, 3, 0, SIZE));
    assertRefused("operand=q", k -> k.recoverDataAndP(p, small, data, COUNT, 0, 0, SIZE));
    assertRefused("operand=dst", k -> k.copy(small, p, 0, SIZE));
    assertRefused("operand=src", k -> k.copy(p, small, 0, SIZE));
    assertRefused("operand=src", k -> k.crc32c(small, 0, SIZE, 0));
    assertRefused("operand=b", k -> k.equal(p, small, 0, SIZE));
  }

  @Test
  void aDestinationThatIsReadOnlyIsRefused() {
    final MemorySegment readOnly = room(SIZE).asReadOnly();
    final @Nullable MemorySegment[] lost = {data[0], readOnly, data[2], data[3]};
    assertRefused("operand=dst", k -> k.copy(readOnly, p, 0, SIZE));
    assertRefused("operand=dst", k -> k.fill(readOnly, 0, SIZE, (byte) 1));
    assertRefused("operand=dst", k -> k.xor(readOnly, data, COUNT, 0, SIZE));
    assertRefused("operand=q", k -> k.pq(p, readOnly, data, COUNT, 0, SIZE));
    assertRefused("operand=p", k -> k.pqAccumulate(readOnly, q, data, COUNT, 0, SIZE));
    assertRefused("operand=data[1]", k -> k.recoverTwoData(p, q, lost, COUNT, 0, 1, 0, SIZE));
    assertRefused("operand=data[1]", k -> k.recoverDataAndP(p, q, lost, COUNT, 1, 0, SIZE));
    assertRefused("operand=p", k -> k.recoverDataAndP(readOnly, q, data, COUNT, 1, 0, SIZE));
  }

  @Test
  void aCountOutOfRangeIsRefused() {
    final @Nullable MemorySegment[] many = new @Nullable MemorySegment[300];
    for (final int count : new int[] {-1, 0, 5}) {
      assertRefused("count=" + count, k -> k.xor(p, data, count, 0, SIZE));
      assertRefused("count=" + count, k -> k.xorIsZero(data, count, 0, SIZE));
      assertRefused("count=" + count, k -> k.pq(p, q, data, count, 0, SIZE));
      assertRefused("count=" + count, k -> k.pqCheck(p, q, data, count, 0, SIZE));
    }
    assertRefused("count=254, min=1, max=253", k -> k.pq(p, q, many, 254, 0, SIZE));
    assertRefused("max=253", k -> k.pqAccumulate(p, q, many, 254, 0, SIZE));
    k().xor(segment(9), many, 300, 0, SIZE);
  }

  @Test
  void aCallThatWantsNeitherPNorQIsRefused() {
    assertRefused("p=null, q=null", k -> k.pq(null, null, data, COUNT, 0, SIZE));
    assertRefused("p=null, q=null", k -> k.pqAccumulate(null, null, data, COUNT, 0, SIZE));
    assertRefused("p=null, q=null", k -> k.pqCheck(null, null, data, COUNT, 0, SIZE));
  }

  @Test
  void aLostBlockThatIsNoneIsRefused() {
    assertRefused("failed=4", k -> k.recoverTwoData(p, q, data, COUNT, 0, 4, 0, SIZE));
    assertRefused("failed=-1", k -> k.recoverTwoData(p, q, data, COUNT, -1, 1, 0, SIZE));
    assertRefused("failed=2, min=0, max=1", k -> k.recoverDataAndP(p, q, data, 2, 2, 0, SIZE));
    assertRefused("failedA=1, failedB=1", k -> k.recoverTwoData(p, q, data, COUNT, 1, 1, 0, SIZE));
    final @Nullable MemorySegment[] hole = {data[0], null, data[2], data[3]};
    final byte[] before = everything();
    final NullPointerException e =
        assertThrows(
            NullPointerException.class, () -> k().recoverTwoData(p, q, hole, COUNT, 1, 2, 0, SIZE));
    assertTrue(String.valueOf(e.getMessage()).contains("data[1]=null"), e.getMessage());
    assertThrows(
        NullPointerException.class, () -> k().recoverDataAndP(p, q, hole, COUNT, 1, 0, SIZE));
    assertArrayEquals(before, everything());
  }

  @Test
  void closedMemoryThrowsInEveryOperation() {
    for (final int dead : new int[] {0, 1, 2}) {
      for (final int length : new int[] {7, SIZE}) {
        final List<MemorySegment> live = new ArrayList<>(List.of(p, q, segment(3)));
        try (Arena arena = Arena.ofShared()) {
          live.set(dead, arena.allocate(SIZE));
        }
        final MemorySegment third = live.get(2);
        final @Nullable MemorySegment[] blocks = {third, third, third, third};
        final List<Consumer<BulkKernels>> all =
            everyOperation(live.get(0), live.get(1), blocks, COUNT, 0, length);
        int thrown = 0;
        for (final Consumer<BulkKernels> op : all) {
          try {
            op.accept(k());
          } catch (IllegalStateException e) {
            thrown++;
          }
        }
        // Not every operation takes every operand: 2 have no p, 5 no q, 4 no blocks.
        final int expected = all.size() - new int[] {2, 5, 4}[dead];
        assertEquals(expected, thrown, "dead=" + dead + ", length=" + length);
      }
    }
  }

  @Test
  void anotherThreadsConfinedMemoryThrows() throws InterruptedException {
    final MemorySegment[] foreign = new MemorySegment[1];
    final Thread owner =
        new Thread(() -> foreign[0] = Arena.ofConfined().allocate(SIZE), "confined owner");
    owner.start();
    owner.join();
    assertThrows(WrongThreadException.class, () -> k().fill(foreign[0], 0, SIZE, (byte) 1));
    assertThrows(WrongThreadException.class, () -> k().copy(p, foreign[0], 0, SIZE));
  }

  private void assertRefused(String values, Consumer<BulkKernels> call) {
    final byte[] before = everything();
    final String message =
        assertThrows(IllegalArgumentException.class, () -> call.accept(k())).getMessage();
    assertTrue(message.contains(values), message);
    assertArrayEquals(before, everything(), "a refused call wrote: " + message);
  }

  private byte[] everything() {
    final byte[] all = new byte[(2 + COUNT) * SIZE];
    final MemorySegment sink = MemorySegment.ofArray(all);
    MemorySegment.copy(p, 0, sink, 0, SIZE);
    MemorySegment.copy(q, 0, sink, SIZE, SIZE);
    for (int i = 0; i < COUNT; i++) {
      MemorySegment.copy(data[i], 0, sink, (2 + i) * (long) SIZE, SIZE);
    }
    return all;
  }

  private MemorySegment segment(int value) {
    return room(SIZE).fill((byte) value);
  }

  /** Memory of the kind that is misused. */
  MemorySegment room(int size) {
    return MemorySegment.ofArray(new byte[size]);
  }
}
