package io.asynctx.dmaengine.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * What a device has: one entry per place in its queue, named by a tag {@code sequence | index} that
 * is never used twice, so that a late or second report is known for what it is.
 *
 * <pre>
 *  field        written by           mode     read by                       mode
 *  entries[i]   issuer sets          release  harvester, remover, shell     acquire
 *               harvester clears     release
 *  free[]       harvester puts       plain, before freeTail
 *  freeTail     harvester            release  issuer                        acquire
 *  freeHead     issuer               plain    issuer
 *  seenFree     issuer: freeTail as he last saw it
 *  sequence     issuer               plain
 * </pre>
 *
 * <p>Issuer: holder of the issue lock. Harvester: holder of the token.
 */
final class TagTable {

  private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(Descriptor[].class);

  private final @Nullable Descriptor[] entries;
  private final int[] free;
  private final int mask;
  private final int bits;
  private final Cell freeTail;
  private long freeHead;
  private long seenFree;
  private long sequence;

  TagTable(int depth) {
    entries = new @Nullable Descriptor[depth];
    free = new int[depth];
    mask = depth - 1;
    bits = Integer.numberOfTrailingZeros(depth);
    for (int i = 0; i < depth; i++) {
      free[i] = i;
    }
    freeTail = new Cell(depth);
    seenFree = depth;
  }

  /** Issuer: gives a descriptor a tag and enters it; false iff the device's queue is full. */
  boolean enter(Descriptor d) {
    if (freeHead == seenFree) {
      seenFree = freeTail.getAcquire();
      if (freeHead == seenFree) {
        return false;
      }
    }
    final int index = free[(int) freeHead++ & mask];
    d.tag = ++sequence << bits | index;
    ENTRY.setRelease(entries, index, d);
    return true;
  }

  /** Issuer: takes back the entry just made, which the device never got. */
  void retract(Descriptor d) {
    ENTRY.setRelease(entries, (int) d.tag & mask, (Descriptor) null);
    freeHead--;
  }

  boolean full() {
    return freeHead == freeTail.getAcquire();
  }

  /** The descriptor of a tag, or null iff the device does not have such a transfer. */
  @Nullable Descriptor find(long tag) {
    final Descriptor d = (Descriptor) ENTRY.getAcquire(entries, (int) tag & mask);
    return d != null && d.tag == tag ? d : null;
  }

  /** Harvester: ends an entry and frees its place. */
  void leave(Descriptor d) {
    final int index = (int) d.tag & mask;
    ENTRY.setRelease(entries, index, (Descriptor) null);
    final long at = freeTail.getPlain();
    free[(int) at & mask] = index;
    freeTail.setRelease(at + 1);
  }

  int depth() {
    return entries.length;
  }

  @Nullable Descriptor entry(int index) {
    return (Descriptor) ENTRY.getAcquire(entries, index);
  }
}
