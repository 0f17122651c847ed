package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Wrong in the bytes of copies, fills and exclusive ors, and about operands. */
final class WrongBytes extends Wrongs {
  @Override
  void add() {
    moving();
    operands();
  }

  private void moving() {
    wrong(
        "copies one byte too many",
        "D-COPY",
        "stray byte outside",
        ops ->
            atReport(ops, DmaCap.MEMCPY, t -> pokeRaw(t.destination(0), t.offset() + t.length())));
    wrong(
        "copies one byte too few",
        "D-COPY",
        "missing byte",
        ops ->
            seen(
                ops,
                DmaCap.MEMCPY,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public long length() {
                        return of.length() - 1;
                      }
                    }));
    wrong(
        "spoils the source",
        "D-COPY",
        "only read",
        ops -> atReport(ops, DmaCap.MEMCPY, t -> poke(t.source(0), t.offset())));
    wrong(
        "copies an overlap forwards",
        "D-COPY-OVERLAP",
        "wrong byte",
        rich(),
        ops ->
            seen(
                ops,
                DmaCap.MEMCPY,
                t -> {
                  for (long i = 0; i < t.length(); i++) {
                    t.destination(0)
                        .set(
                            ValueLayout.JAVA_BYTE,
                            t.offset() + i,
                            t.source(0).get(ValueLayout.JAVA_BYTE, t.offset() + i));
                  }
                  return nothing(t);
                }));
    wrong(
        "fills with zeros",
        "D-FILL",
        "wrong byte",
        ops ->
            seen(
                ops,
                DmaCap.MEMSET,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public byte value() {
                        return 0;
                      }
                    }));
    wrong(
        "never ends what moves nothing",
        "D-INTERRUPT",
        "not reported",
        ops ->
            new Faulty(ops) {
              @Override
              public boolean push(Transfer transfer) {
                return transfer.operation() == DmaCap.INTERRUPT || inner.push(transfer);
              }
            });
    wrong(
        "leaves the last byte out",
        "D-XOR",
        "missing byte",
        ops ->
            seen(
                ops,
                DmaCap.XOR,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public long length() {
                        return of.length() - 1;
                      }
                    }));
    wrong(
        "takes one source less than it says",
        "D-XOR-SOURCES",
        "sources=4",
        ops ->
            seen(
                ops,
                DmaCap.XOR,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public int sources() {
                        return Math.min(3, of.sources());
                      }
                    }));
    wrong(
        "clears the destination first",
        "D-XOR-INPLACE",
        "in place",
        ops ->
            seen(
                ops,
                DmaCap.XOR,
                t -> {
                  t.destination(0).asSlice(t.offset(), t.length()).fill((byte) 0);
                  return t;
                }));
    wrong(
        "finds no fault",
        "D-XORVAL",
        "sumCheck=0, expected=1",
        ops -> sums(ops, DmaCap.XOR_VAL, sum -> 0));
    wrong(
        "does not look at the last byte",
        "D-XORVAL",
        "sumCheck=0, expected=1",
        ops ->
            seen(
                ops,
                DmaCap.XOR_VAL,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public long length() {
                        return of.length() - 1;
                      }
                    }));
    wrong(
        "leaves its sum in a source",
        "D-XORVAL",
        "only read",
        ops -> atReport(ops, DmaCap.XOR_VAL, t -> poke(t.source(0), t.offset())));
  }

  private void operands() {
    wrong(
        "offset is ignored",
        "D-OFFSET",
        "byte",
        ops ->
            seen(
                ops,
                DmaCap.MEMCPY,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public long offset() {
                        return 0;
                      }
                    }));
    wrong(
        "a length is cut to 15 bits",
        "D-LARGEST",
        "missing byte",
        ops ->
            seen(
                ops,
                DmaCap.MEMSET,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public long length() {
                        return of.length() > 0x7fff ? 0x7fff : of.length();
                      }
                    }));
    wrong(
        "read-only sources are refused",
        "D-READONLY",
        "ended badly",
        ops ->
            seen(
                ops,
                DmaCap.XOR_VAL,
                t -> {
                  if (t.source(0).isReadOnly()) {
                    return new Faulty.View(t) {
                      @Override
                      public DmaCap operation() {
                        return DmaCap.MEMSET;
                      }

                      @Override
                      public int destinations() {
                        return 1;
                      }

                      @Override
                      public MemorySegment destination(int i) {
                        return of.source(0);
                      }
                    };
                  }
                  return t;
                }));
    wrong(
        "heap memory fails",
        "M-ANY",
        "ended badly",
        rich(),
        ops -> fails(ops, t -> !t.destination(0).isNative()));
    wrong(
        "closed memory is a failure of the device",
        "M-CLOSED",
        "SEGMENT_CLOSED",
        rich(),
        ops -> fails(ops, t -> !t.destination(0).scope().isAlive()));
  }
}
