package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import java.lang.foreign.MemorySegment;

/** Wrong in the bytes of RAID-6. */
final class WrongSyndromes extends Wrongs {
  @Override
  void add() {
    wrong(
        "one coefficient is wrong",
        "D-PQ",
        "operand=Q",
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public int coefficient(int i) {
                        return i == 2 ? 6 : of.coefficient(i);
                      }
                    }));
    wrong(
        "P and Q are exchanged",
        "D-PQ",
        "operand=P",
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public MemorySegment destination(int i) {
                        return of.destination(1 - i);
                      }
                    }));
    wrong(
        "the last data block is forgotten at the limit",
        "D-PQ-SOURCES",
        "data=4",
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public int sources() {
                        return Math.min(3, of.sources());
                      }
                    }));
    wrong(
        "Q goes to P where P is not wanted",
        "D-PQ-HALF",
        "P=false",
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    t.destination(0) != null
                        ? t
                        : new Faulty.View(t) {
                          @Override
                          public MemorySegment destination(int i) {
                            return i == 0 ? of.destination(1) : null;
                          }
                        }));
    wrong(
        "null blocks lose their place",
        "D-PQ-NULL",
        "operand=Q",
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public int coefficient(int i) {
                        int place = 0;
                        for (int k = 0; k < i; k++) {
                          place += of.source(k) == null ? 0 : 1;
                        }
                        return Oracle.generator(place);
                      }
                    }));
    wrong(
        "coefficients are computed, not read",
        "D-PQ-COEFFICIENTS",
        "operand=Q",
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public int coefficient(int i) {
                        return Oracle.generator(i);
                      }
                    }));
    wrong(
        "continuation is ignored",
        "D-PQ-CONTINUE",
        "wrong byte",
        rich(),
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public boolean continuation() {
                        return false;
                      }
                    }));
    wrong(
        "accumulation is ignored",
        "D-PQ-ACCUMULATE",
        "wrong byte",
        rich(),
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public boolean accumulate() {
                        return false;
                      }
                    }));
    wrong(
        "P is cleared before the sources are read",
        "D-PQ-IMPLIED",
        "operand=P",
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t -> {
                  if (t.destination(0) != null) {
                    t.destination(0).asSlice(t.offset(), t.length()).fill((byte) 0);
                  }
                  return t;
                }));
    wrong(
        "the bits of P and Q are exchanged",
        "D-PQVAL",
        "wrong answer",
        ops -> sums(ops, DmaCap.PQ_VAL, s -> (s & 1) << 1 | s >> 1));
    wrong(
        "P is checked though not asked for",
        "D-PQVAL",
        "sumCheck=1",
        ops -> sums(ops, DmaCap.PQ_VAL, s -> s | 1));
    wrong(
        "the right P is written",
        "D-PQVAL",
        "only read",
        ops ->
            atReport(
                ops,
                DmaCap.PQ_VAL,
                t -> {
                  final MemorySegment p = t.source(t.sources() - 2);
                  if (p != null) {
                    poke(p, t.offset());
                  }
                }));
    wrong(
        "the lost blocks are exchanged",
        "D-RECOVER",
        "lost block",
        ops ->
            seen(
                ops,
                DmaCap.RAID6_RECOV,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public MemorySegment destination(int i) {
                        return of.destination(1 - i);
                      }
                    }));
    wrong(
        "the order of the lost blocks is taken for granted",
        "D-RECOVER",
        "lost=1 and 0",
        ops ->
            seen(
                ops,
                DmaCap.RAID6_RECOV,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public int failed(int which) {
                        final int lower = Math.min(of.failed(0), of.failed(1));
                        return which == 0 ? lower : of.failed(0) + of.failed(1) - lower;
                      }
                    }));
    wrong(
        "a lost P stays lost",
        "D-RECOVER-P",
        "operand=lost block 2",
        ops ->
            atReport(
                ops,
                DmaCap.RAID6_RECOV,
                t -> {
                  for (int i = 0; i < 2; i++) {
                    if (t.failed(i) == t.sources() - 2) {
                      t.destination(i).asSlice(t.offset(), t.length()).fill((byte) 0);
                    }
                  }
                }));
  }
}
