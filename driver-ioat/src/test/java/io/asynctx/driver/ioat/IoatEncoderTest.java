package io.asynctx.driver.ioat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.driver.ioat.IoatEncoder.Answer;
import io.asynctx.models.ioat.IoatProfile;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many slots an operation takes, which of them tells of it, and how its answer is found. */
class IoatEncoderTest {
  private static final int FILL_XOR_PQ = 0x340;
  private static final int PQ_ALONE = 0x240;
  private static final int WRITE_BACK_16 = 0x22240;
  private static final int SLOT = 5;

  private final Room room = new Room(9);
  private Rig rig;
  private ClaimedFunction claim;
  private IoatRing ring;
  private IoatMappings mappings;

  @BeforeEach
  void open() {
    rig = Rig.synchronous(IoatProfile.RAID);
    claim = rig.function.claim("test");
    ring = IoatRing.make(claim, 64, 4);
    mappings = new IoatMappings(claim);
    mappings.map(room.memory);
  }

  @AfterEach
  void close() {
    ring.close();
    claim.close();
    rig.close();
  }

  private IoatEncoder encoder(int version, int capabilities) {
    return new IoatEncoder(ring, new IoatTraits(version, 1, 20, capabilities), mappings, false);
  }

  private int control(int slot) {
    return ring.memory.get(ValueLayout.JAVA_INT, ring.at(slot) + 4);
  }

  private void assertTaken(IoatEncoder encoder, Work work, int slots, Answer answer) {
    final int taken = encoder.encode(work, SLOT, 1);
    assertEquals(slots, taken, work::toString);
    assertEquals(answer, encoder.answer(), work::toString);
    for (int i = 0; i < encoder.last(); i++) {
      if (i == 0) {
        assertEquals(0, control(SLOT) & IoatHw.COMPLETION, "only the last one tells");
        assertEquals(IoatHw.FENCE, control(SLOT) & IoatHw.FENCE, "what tells must wait");
      }
    }
    final int last = control(SLOT + encoder.last());
    assertEquals(IoatHw.COMPLETION, last & IoatHw.COMPLETION, "nothing tells of it");
  }

  /** A descriptor, an extension from the sixth source on, and a copy of nothing that tells. */
  @ParameterizedTest
  @CsvSource({"2, 2", "5, 2", "6, 3", "8, 3"})
  void anXorIsFollowedByWhatTellsOfIt(int count, int slots) {
    final IoatEncoder encoder = encoder(0x34, FILL_XOR_PQ);
    assertTaken(encoder, Work.xor(1, room, count, 64), slots, Answer.NONE);
    assertEquals(slots - 1, encoder.last());
  }

  @Test
  void aCheckComparesOneSourceWithTheOthersOfWhichThereAreTwoAtLeast() {
    final IoatEncoder encoder = encoder(0x34, FILL_XOR_PQ);
    assertTaken(encoder, Work.xorCheck(1, room, 2, 64, false), 2, Answer.HALT);
    assertEquals(0x20, control(SLOT) & 0xe0, "the second one, three times");
    assertTaken(encoder, Work.xorCheck(1, room, 6, 64, false), 2, Answer.HALT);
    assertTaken(encoder, Work.xorCheck(1, room, 7, 64, false), 3, Answer.HALT);
  }

  /** Before 3.3 completions of syndromes may overtake those of copies. */
  @ParameterizedTest
  @CsvSource({"0x32, 3, 2", "0x32, 4, 3", "0x33, 3, 1", "0x33, 4, 2", "0x34, 3, 1", "0x34, 8, 2"})
  void syndromesAreFollowedByWhatTellsOfThemOnlyBefore33(String version, int count, int slots) {
    final IoatEncoder encoder = encoder(Integer.decode(version), FILL_XOR_PQ);
    assertTaken(encoder, Work.pq(1, room, count, 64), slots, Answer.NONE);
    assertTaken(encoder, Work.pqCheck(1, room, count, 64, true, true), slots, Answer.HALT);
  }

  @Test
  void withoutAnXorEngineAnXorIsASyndromeWithoutQ() {
    final IoatEncoder encoder = encoder(0x33, PQ_ALONE);
    assertTaken(encoder, Work.xor(1, room, 2, 64), 1, Answer.NONE);
    assertEquals(0x89001008, control(SLOT));
    assertTaken(encoder, Work.xorCheck(1, room, 8, 64, false), 2, Answer.HALT);
    assertEquals(0x8a0010a8, control(SLOT));
  }

  @Test
  void nineSourcesTakeOneSlotAndASuperExtendedDescriptor() {
    final IoatEncoder encoder = encoder(0x33, WRITE_BACK_16);
    assertTaken(encoder, Work.pq(1, room, 9, 64), 1, Answer.NONE);
    assertEquals(0xa0000008, control(SLOT));
    assertEquals(ring.sedIova(1), ring.memory.get(ValueLayout.JAVA_LONG, ring.at(SLOT) + 5 * 8));
    assertTaken(encoder, Work.pqCheck(1, room, 16, 64, true, false), 1, Answer.WRITTEN_BACK);
    assertEquals(0xa10080e8, control(SLOT));
  }

  /** The halting bit of both checks is masked where one of them writes back. */
  @Test
  void aCheckWritesBackEvenIfThePartHasAnXorEngine() {
    final IoatEncoder encoder = encoder(0x33, WRITE_BACK_16 | FILL_XOR_PQ);
    assertTaken(encoder, Work.xorCheck(1, room, 5, 64, true), 2, Answer.WRITTEN_BACK);
    assertTaken(encoder, Work.xor(1, room, 5, 64), 2, Answer.NONE);
    assertEquals(0x87, control(SLOT) >>> 24);
  }

  @Test
  void aRingThatWrapsIsLinkedByItsAddresses() {
    assertEquals(ring.iova(0), ring.memory.get(ValueLayout.JAVA_LONG, ring.at(63) + 3 * 8));
    assertEquals(ring.iova(63), ring.iova(127));
    assertEquals(63, ring.index(ring.iova(63)));
    assertEquals(-1, ring.index(ring.iova(63) + 64));
    assertEquals(-1, ring.index(ring.iova(0) - 64));
    assertTrue(ring.completionIova() > ring.sedIova(3));
  }
}
