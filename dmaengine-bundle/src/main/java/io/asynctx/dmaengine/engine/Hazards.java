package io.asynctx.dmaengine.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * What threads that work without a descriptor have in their hands: the addresses of their operands,
 * for whoever wants to close memory. And how many operations ended like that, since whoever holds a
 * place is alone there and can count without a lock.
 *
 * <pre>
 *  field       written by          mode      read by        mode
 *  state       taker: TAKEN        CAS       closer         volatile
 *              holder: NAMED, FREE release
 *  addresses   holder, before      plain     closer, after  plain
 *              NAMED                         NAMED
 *  counts      holder, before FREE plain     anyone         opaque
 * </pre>
 *
 * <p><b>Close against work.</b> A worker takes a place (CAS), then reads the buffers' epoch; the
 * closer changes the epoch (RMW), then reads every place. Either the closer finds the place taken,
 * waits for the addresses, which are a few stores away, and stays open if they are its own; or the
 * worker sees a new epoch, leaves the place, and goes the long way.
 *
 * <p>Places are chosen by thread, 128 bytes apart: the line of a place and the one that is fetched
 * with it are nobody else's.
 *
 * <p>Threading: any thread.
 */
final class Hazards {
  private static final int PLACES = 64;
  private static final int TRIES = 4;
  private static final int STRIDE = 16;

  private static final int STATE = 0;
  private static final int A = 1;
  private static final int B = 2;
  private static final int LENGTH = 3;
  private static final int OK = 4;
  private static final int ERROR = 5;

  private static final long FREE = 0;
  private static final long TAKEN = 1;
  private static final long NAMED = 2;

  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

  /** The first stride is nobody's: the array's length lies before it, and is read by all. */
  private final long[] words = new long[(PLACES + 1) * STRIDE];

  /**
   * Takes a place and names two ranges; to be given back by {@link #leave}.
   *
   * @param a where one range begins
   * @param b where the other begins
   * @param length bytes of each
   * @return the place, or -1 if those this thread tries are taken
   */
  int enter(long a, long b, long length) {
    final int home = (int) Thread.currentThread().threadId();
    for (int i = 0; i < TRIES; i++) {
      final int place = ((home + i & PLACES - 1) + 1) * STRIDE;
      if (WORD.compareAndSet(words, place + STATE, FREE, TAKEN)) {
        words[place + A] = a;
        words[place + B] = b;
        words[place + LENGTH] = length;
        WORD.setRelease(words, place + STATE, NAMED);
        return place;
      }
    }
    return -1;
  }

  /** Gives a place back with nothing done. */
  void leave(int place) {
    WORD.setRelease(words, place + STATE, FREE);
  }

  /** Gives a place back, and counts an operation. */
  void leave(int place, boolean ok) {
    words[place + (ok ? OK : ERROR)]++;
    leave(place);
  }

  /** How many operations ended well. */
  long ok() {
    return sum(OK);
  }

  /** How many operations failed. */
  long error() {
    return sum(ERROR);
  }

  private long sum(int count) {
    long sum = 0;
    for (int i = 1; i <= PLACES; i++) {
      sum += (long) WORD.getOpaque(words, i * STRIDE + count);
    }
    return sum;
  }

  /** The operations under way that name any byte between two addresses, for messages. */
  List<String> holders(long from, long to) {
    final List<String> holders = new ArrayList<>();
    for (int i = 1; i <= PLACES; i++) {
      final int place = i * STRIDE;
      while ((long) WORD.getVolatile(words, place + STATE) == TAKEN) {
        Thread.onSpinWait(); // it is about to say what it has
      }
      if ((long) WORD.getAcquire(words, place + STATE) == NAMED && names(place, from, to)) {
        holders.add("an operation in its caller");
      }
    }
    return holders;
  }

  /** If it ended meanwhile, and another began, that is one of later: it saw the new epoch. */
  private boolean names(int place, long from, long to) {
    final long length = words[place + LENGTH];
    return words[place + A] < to && from < words[place + A] + length
        || words[place + B] < to && from < words[place + B] + length;
  }
}
