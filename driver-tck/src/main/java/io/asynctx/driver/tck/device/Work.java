package io.asynctx.driver.tck.device;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The arithmetic of the asynchronous device. Its field is built from logarithm tables, the kit's
 * oracle multiplies bit by bit: neither can hide a mistake of the other. Owned by one device
 * thread.
 */
final class Work {
  private static final int CHUNK = 4096;
  private static final int[] EXP = new int[510];
  private static final int[] LOG = new int[256];

  static {
    int power = 1;
    for (int i = 0; i < 255; i++) {
      EXP[i] = power;
      EXP[i + 255] = power;
      LOG[power] = i;
      power = power << 1 ^ (power >= 0x80 ? 0x11d : 0);
    }
  }

  private final byte[] in = new byte[CHUNK];
  private final byte[] p = new byte[CHUNK];
  private final byte[] q = new byte[CHUNK];
  private final BooleanSupplier stop;

  /**
   * Ready to work.
   *
   * @param stop asked between pieces; true cuts the transfer off
   */
  Work(BooleanSupplier stop) {
    this.stop = stop;
  }

  /**
   * Does the bytes of a transfer from one up to another, and writes the result into the descriptor;
   * false iff it was cut off.
   */
  boolean run(Descriptor d, long from, long to) {
    try {
      if (d.operation == DmaCap.MEMCPY) {
        copy(d, d.offset + from, to - from);
        return true;
      }
      for (long at = from; at < to; at += CHUNK) {
        if (stop.getAsBoolean()) {
          return false;
        }
        piece(d, d.offset + at, (int) Math.min(CHUNK, to - at));
      }
    } catch (IllegalStateException | WrongThreadException e) {
      // the JDK throws these for a segment whose arena was closed, or that is confined
      d.result = TransferResult.SEGMENT_CLOSED;
    } catch (IllegalArgumentException | UnsupportedOperationException e) {
      d.result = TransferResult.WRITE_FAILED;
    } catch (RuntimeException e) {
      d.result = TransferResult.DEVICE_FAILED;
    }
    return true;
  }

  private static void copy(Descriptor d, long at, long bytes) {
    MemorySegment.copy(need(d.sources[0]), at, need(d.destinations[0]), at, bytes);
  }

  private void piece(Descriptor d, long at, int n) {
    switch (d.operation) {
      case MEMSET -> need(d.destinations[0]).asSlice(at, n).fill(d.value);
      case XOR -> {
        sum(d, d.sourceCount, at, n);
        write(d.destinations[0], p, at, n);
      }
      case XOR_VAL -> {
        sum(d, d.sourceCount, at, n);
        d.sumCheck |= zero(p, n) ? 0 : SumCheck.P_WRONG;
      }
      case PQ -> syndromes(d, at, n);
      case PQ_VAL -> check(d, at, n);
      case RAID6_RECOV -> recover(d, at, n);
      default -> throw new IllegalArgumentException("operation unknown: " + d.operation);
    }
  }

  private void sum(Descriptor d, int count, long at, int n) {
    Arrays.fill(p, 0, n, (byte) 0);
    for (int i = 0; i < count; i++) {
      if (read(d.sources[i], at, n)) {
        addTo(p, 1, n);
      }
    }
  }

  private void syndromes(Descriptor d, long at, int n) {
    start(p, d.goesOn ? d.destinations[0] : null, at, n);
    start(q, d.goesOn ? d.destinations[1] : null, at, n);
    for (int i = 0; i < d.sourceCount; i++) {
      if (read(d.sources[i], at, n)) {
        addTo(p, 1, n);
        addTo(q, d.coefficients[i], n);
      }
    }
    write(d.destinations[0], p, at, n);
    write(d.destinations[1], q, at, n);
  }

  private void check(Descriptor d, long at, int n) {
    final int data = d.sourceCount - 2;
    generate(d, data, -1, -1, at, n);
    if (read(d.sources[data], at, n)) {
      addTo(p, 1, n);
      d.sumCheck |= zero(p, n) ? 0 : SumCheck.P_WRONG;
    }
    if (read(d.sources[data + 1], at, n)) {
      addTo(q, 1, n);
      d.sumCheck |= zero(q, n) ? 0 : SumCheck.Q_WRONG;
    }
  }

  private void recover(Descriptor d, long at, int n) {
    final int data = d.sourceCount - 2;
    final boolean swapped = d.failedA > d.failedB;
    final int x = swapped ? d.failedB : d.failedA;
    final int y = swapped ? d.failedA : d.failedB;
    final MemorySegment lower = d.destinations[swapped ? 1 : 0];
    final MemorySegment upper = d.destinations[swapped ? 0 : 1];
    generate(d, data, x, y, at, n);
    read(d.sources[data + 1], at, n);
    addTo(q, 1, n);
    if (y == data) {
      lostDataAndP(x, n);
      write(lower, q, at, n);
      write(upper, p, at, n);
    } else {
      read(d.sources[data], at, n);
      addTo(p, 1, n);
      lostTwoData(x, y, n);
      write(lower, p, at, n);
      write(upper, q, at, n);
    }
  }

  /** From P and Q of the rest: the lost block into q, the right P into p. */
  private void lostDataAndP(int x, int n) {
    for (int i = 0; i < n; i++) {
      final int block = times(EXP[(255 - x) % 255], q[i] & 0xff);
      q[i] = (byte) block;
      p[i] ^= (byte) block;
    }
  }

  /** From the differences in P and Q: the lower lost block into p, the higher into q. */
  private void lostTwoData(int x, int y, int n) {
    final int a = inverse(EXP[(y - x) % 255] ^ 1);
    final int b = inverse(EXP[x % 255] ^ EXP[y % 255]);
    for (int i = 0; i < n; i++) {
      final int higher = times(a, p[i] & 0xff) ^ times(b, q[i] & 0xff);
      q[i] = (byte) higher;
      p[i] ^= (byte) higher;
    }
  }

  private void generate(Descriptor d, int data, int lostA, int lostB, long at, int n) {
    Arrays.fill(p, 0, n, (byte) 0);
    Arrays.fill(q, 0, n, (byte) 0);
    for (int i = 0; i < data; i++) {
      if (i != lostA && i != lostB && read(d.sources[i], at, n)) {
        addTo(p, 1, n);
        addTo(q, EXP[i % 255], n);
      }
    }
  }

  private static void start(byte[] sum, @Nullable MemorySegment from, long at, int n) {
    if (from == null) {
      Arrays.fill(sum, 0, n, (byte) 0);
    } else {
      MemorySegment.copy(from, ValueLayout.JAVA_BYTE, at, sum, 0, n);
    }
  }

  private boolean read(@Nullable MemorySegment from, long at, int n) {
    if (from == null) {
      return false;
    }
    MemorySegment.copy(from, ValueLayout.JAVA_BYTE, at, in, 0, n);
    return true;
  }

  private static void write(@Nullable MemorySegment to, byte[] from, long at, int n) {
    if (to != null) {
      MemorySegment.copy(from, 0, to, ValueLayout.JAVA_BYTE, at, n);
    }
  }

  private void addTo(byte[] sum, int coefficient, int n) {
    if (coefficient == 1) {
      for (int i = 0; i < n; i++) {
        sum[i] ^= in[i];
      }
    } else if (coefficient != 0) {
      for (int i = 0; i < n; i++) {
        sum[i] ^= (byte) times(coefficient, in[i] & 0xff);
      }
    }
  }

  private static boolean zero(byte[] sum, int n) {
    for (int i = 0; i < n; i++) {
      if (sum[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static int times(int a, int b) {
    return a == 0 || b == 0 ? 0 : EXP[LOG[a] + LOG[b]];
  }

  private static int inverse(int a) {
    return EXP[255 - LOG[a]];
  }

  private static MemorySegment need(@Nullable MemorySegment segment) {
    if (segment == null) {
      throw new IllegalArgumentException("an operand is missing");
    }
    return segment;
  }
}
