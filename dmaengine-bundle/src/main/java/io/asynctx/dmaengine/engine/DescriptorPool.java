package io.asynctx.dmaengine.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A block of descriptor slots. Pools belong to the engine and are lent to channels; a pool whose
 * channel has gone is lent again once every slot is free, its generations going on, so that an old
 * handle can name only its own past.
 *
 * <pre>
 *  field      written by       mode   read by  mode
 *  head       takers, givers   CAS    same     volatile
 *  nextFree   giver            plain, before the CAS that publishes it
 * </pre>
 *
 * <p>The head is {@code tag(32) | free(16) | first(16)}: the tag, one up at each change, keeps a
 * slot that was taken and given back meanwhile from being mistaken (ABA); the count rides along.
 */
final class DescriptorPool {

  private static final int NIL = 0xffff;
  private static final VarHandle HEAD;

  static {
    try {
      HEAD = MethodHandles.lookup().findVarHandle(DescriptorPool.class, "head", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final int engineNumber;
  private final int number;
  private final Descriptor[] slots;

  /** Not in the descriptors: a taker would wait for one line of memory after the other. */
  private final int[] nextFree;

  private final long firstGeneration;
  private volatile long head;

  /**
   * Makes a pool with every slot free.
   *
   * @param firstGeneration where generations start; random per engine, because engine numbers
   *     repeat
   */
  DescriptorPool(int engineNumber, int number, int size, long firstGeneration) {
    if (size < 2 || size > Handle.MAX_SLOTS || Integer.bitCount(size) != 1) {
      throw new IllegalArgumentException(
          "pool size must be a power of two: size=" + size + ", min=2, max=" + Handle.MAX_SLOTS);
    }
    this.engineNumber = engineNumber;
    this.number = number;
    this.slots = new Descriptor[size];
    this.nextFree = new int[size];
    this.firstGeneration = firstGeneration;
    for (int i = 0; i < size; i++) {
      slots[i] = new Descriptor(this, i, firstGeneration);
      nextFree[i] = i + 1 == size ? NIL : i + 1;
    }
    this.head = head(0, size, 0);
  }

  private static long head(long tag, int free, int first) {
    return tag << 32 | (long) free << 16 | first;
  }

  /** A prepared descriptor of nobody, or null iff none is free. */
  @Nullable Descriptor take() {
    return take(null, 0, null);
  }

  /**
   * A prepared descriptor, or null iff none is free.
   *
   * @param owner whose it is to be
   * @param epoch of the buffers, from before the operands were checked
   * @param channel that is to run it, if any
   */
  @Nullable Descriptor take(@Nullable Owner owner, long epoch, @Nullable Channel channel) {
    while (true) {
      final long seen = head;
      final int first = (int) seen & NIL;
      if (first == NIL) {
        return null;
      }
      final Descriptor d = slots[first];
      final long after = head((seen >>> 32) + 1, free(seen) - 1, nextFree[first]);
      if (HEAD.compareAndSet(this, seen, after)) {
        d.taken(owner, epoch, channel);
        return d;
      }
    }
  }

  /**
   * Gives a descriptor back, emptied, under its next generation. One that a driver may still read,
   * because that could not be shown to be quiet, is left to the driver as it is: its slot gets
   * another.
   */
  void give(Descriptor d) {
    final Descriptor freed = freed(d);
    give(freed, freed, 1);
  }

  /** Empties a descriptor under its next generation; what lies in its slot then. */
  Descriptor freed(Descriptor d) {
    d.clear();
    d.freed();
    Descriptor next = d;
    if (d.unquiet) {
      next = new Descriptor(this, d.slot, d.generation());
      slots[d.slot] = next; // published with the head
    }
    return next;
  }

  /** Before they are given back: {@code next} comes after {@code d}. */
  void link(Descriptor d, Descriptor next) {
    nextFree[d.slot] = next.slot;
  }

  /** Gives several back at once: freed, and linked from first to last. */
  void give(Descriptor first, Descriptor last, int count) {
    while (true) {
      final long seen = head;
      nextFree[last.slot] = (int) seen & NIL;
      if (HEAD.compareAndSet(this, seen, head((seen >>> 32) + 1, free(seen) + count, first.slot))) {
        return;
      }
    }
  }

  private static int free(long head) {
    return (int) (head >>> 16) & 0xffff;
  }

  int free() {
    return free(head);
  }

  int size() {
    return slots.length;
  }

  /** How many descriptors were submitted or abandoned, ever. */
  long submitted() {
    long submitted = 0;
    for (Descriptor d : slots) {
      final long word = d.word();
      submitted += Handle.distance(firstGeneration, Descriptor.generation(word));
      submitted += Descriptor.state(word) >= Descriptor.WAITING ? 1 : 0;
    }
    return submitted;
  }

  Descriptor slot(int i) {
    return slots[i];
  }

  int number() {
    return number;
  }

  int engineNumber() {
    return engineNumber;
  }
}
