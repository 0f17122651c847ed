package io.asynctx.models.ioat;

import io.asynctx.models.DmaPort;
import io.asynctx.models.ioat.Descriptor.Kind;
import java.util.Arrays;

/**
 * Carries out one descriptor after the other, in pieces, so that a reset gets in between.
 *
 * <p>Threading: one thread at a time, whoever executes the channel; {@link #abort} by any.
 */
final class Execution {
  private static final int PIECE_BYTES = 1 << 15;
  private static final int WRITTEN = 1 << 31;
  private static final int P_WRONG = 1 << 25;
  private static final int Q_WRONG = 1 << 26;

  private static final GaloisField RIGHT = new GaloisField(GaloisField.RAID6);
  private static final GaloisField WRONG = new GaloisField(GaloisField.AES);

  private final IoatProfile profile;
  private final int maxBytes;
  private final Faults faults;
  private final byte[] input = new byte[PIECE_BYTES];
  private final byte[] sum = new byte[PIECE_BYTES];
  private final byte[] product = new byte[PIECE_BYTES];
  private volatile boolean aborted;

  final Descriptor descriptor = new Descriptor();

  private GaloisField field = RIGHT;
  private boolean flips;
  private boolean writes;

  Execution(IoatProfile profile, int maxBytes, Faults faults) {
    this.profile = profile;
    this.maxBytes = maxBytes;
    this.faults = faults;
  }

  /** Makes the running descriptor end soon, half done. */
  void abort() {
    aborted = true;
  }

  /** To be called before {@link #run}, under the lock under which an abort is decided. */
  void begin() {
    aborted = false;
  }

  /**
   * Executes a descriptor.
   *
   * @return bits of CHANERR, before any mask
   */
  int run(DmaPort port, long at, int available) {
    int errors = descriptor.fetch(port, at, available, profile);
    if (errors != 0 || descriptor.kind == Kind.NULL) {
      return errors;
    }
    if (descriptor.size < 1 || descriptor.size > maxBytes) {
      return ChannelError.LENGTH;
    }
    errors = injected();
    if (errors != 0) {
      return errors;
    }
    final boolean result = !descriptor.kind.checks();
    flips = result && faults.fires(Fault.BIT_FLIP);
    writes = result && !faults.fires(Fault.NO_DATA);
    final boolean hasQ = descriptor.syndromes() && descriptor.wantsQ;
    field = hasQ && faults.fires(Fault.WRONG_POLYNOMIAL) ? WRONG : RIGHT;
    return data(port);
  }

  private int injected() {
    if (faults.fires(Fault.ADDRESS_ERROR)) {
      return ChannelError.SOURCE_ADDRESS;
    }
    if (faults.fires(Fault.DESTINATION_ERROR)) {
      return ChannelError.DESTINATION_ADDRESS;
    }
    if (faults.fires(Fault.READ_DATA_ERROR)) {
      return ChannelError.READ_DATA;
    }
    return faults.fires(Fault.WRITE_DATA_ERROR) ? ChannelError.WRITE_DATA : 0;
  }

  private int data(DmaPort port) {
    int errors = 0;
    final int fatal = ~(ChannelError.P_MISMATCH | ChannelError.Q_MISMATCH);
    for (int done = 0; done < descriptor.size && !aborted; done += PIECE_BYTES) {
      final int length = Math.min(PIECE_BYTES, descriptor.size - done);
      errors |=
          switch (descriptor.kind) {
            case NULL -> 0;
            case COPY -> copy(port, done, length);
            case FILL -> fill(port, done, length);
            case XOR -> xor(port, done, length);
            case XOR_VAL -> xorVal(port, done, length);
            case PQ -> pq(port, done, length);
            case PQ_VAL -> pqVal(port, done, length);
          };
      if ((errors & fatal) != 0) {
        return errors & fatal;
      }
    }
    if (descriptor.kind.checks() && faults.fires(Fault.VALIDATE_NEVER_FAILS)) {
      errors = 0;
    }
    return errors | writeBack(port, errors);
  }

  private int copy(DmaPort port, int done, int length) {
    if (!port.read(descriptor.sources[0] + done, sum, length)) {
      return ChannelError.SOURCE_ADDRESS;
    }
    return store(port, descriptor.destination + done, sum, done, length);
  }

  private int fill(DmaPort port, int done, int length) {
    for (int i = 0; i < length; i++) {
      // A piece is a multiple of eight bytes, so the pattern begins anew with each.
      sum[i] = (byte) (descriptor.pattern >>> 8 * (i & 7));
    }
    return store(port, descriptor.destination + done, sum, done, length);
  }

  private int xor(DmaPort port, int done, int length) {
    Arrays.fill(sum, 0, length, (byte) 0);
    final int errors = addSources(port, done, length);
    return errors != 0 ? errors : store(port, descriptor.destination + done, sum, done, length);
  }

  private int xorVal(DmaPort port, int done, int length) {
    if (!port.read(descriptor.destination + done, sum, length)) {
      return ChannelError.SOURCE_ADDRESS;
    }
    final int errors = addSources(port, done, length);
    return errors != 0 ? errors : zero(sum, length) ? 0 : ChannelError.P_MISMATCH;
  }

  private int addSources(DmaPort port, int done, int length) {
    for (int i = 0; i < descriptor.count; i++) {
      if (!port.read(descriptor.sources[i] + done, input, length)) {
        return ChannelError.SOURCE_ADDRESS;
      }
      add(input, sum, length);
    }
    return 0;
  }

  /** Both syndromes of one piece, into {@code sum} and {@code product}. */
  private int syndromes(DmaPort port, int done, int length) {
    Arrays.fill(sum, 0, length, (byte) 0);
    Arrays.fill(product, 0, length, (byte) 0);
    for (int i = 0; i < descriptor.count; i++) {
      if (!port.read(descriptor.sources[i] + done, input, length)) {
        return ChannelError.SOURCE_ADDRESS;
      }
      add(input, sum, length);
      field.addProducts(descriptor.factors[i], input, product, length);
    }
    return 0;
  }

  private int pq(DmaPort port, int done, int length) {
    int errors = syndromes(port, done, length);
    if (errors == 0) {
      errors = syndrome(port, descriptor.wantsP, descriptor.destination + done, sum, done, length);
    }
    if (errors == 0) {
      errors = syndrome(port, descriptor.wantsQ, descriptor.q + done, product, done, length);
    }
    return errors;
  }

  private int syndrome(DmaPort port, boolean wanted, long at, byte[] value, int done, int length) {
    if (wanted) {
      return store(port, at, value, done, length);
    }
    // The device wants a valid address also for a syndrome that it does not write.
    return port.read(at, input, 1) ? 0 : ChannelError.DESTINATION_ADDRESS;
  }

  private int pqVal(DmaPort port, int done, int length) {
    final int errors = syndromes(port, done, length);
    if (errors != 0) {
      return errors;
    }
    int wrong = 0;
    if (!port.read(descriptor.destination + done, input, descriptor.wantsP ? length : 1)) {
      return ChannelError.SOURCE_ADDRESS;
    }
    if (descriptor.wantsP && !Arrays.equals(input, 0, length, sum, 0, length)) {
      wrong |= ChannelError.P_MISMATCH;
    }
    if (!port.read(descriptor.q + done, input, descriptor.wantsQ ? length : 1)) {
      return ChannelError.SOURCE_ADDRESS;
    }
    if (descriptor.wantsQ && !Arrays.equals(input, 0, length, product, 0, length)) {
      wrong |= ChannelError.Q_MISMATCH;
    }
    return wrong;
  }

  /** Parts that can do so write what they found into the descriptor's first four bytes. */
  private int writeBack(DmaPort port, int errors) {
    if (!descriptor.syndromes()
        || (descriptor.control & Descriptor.WRITE_BACK) == 0
        || !profile.has(IoatProfile.Cap.WRITE_BACK)) {
      return 0;
    }
    int result = WRITTEN;
    if ((errors & ChannelError.P_MISMATCH) != 0) {
      result |= P_WRONG;
    }
    if ((errors & ChannelError.Q_MISMATCH) != 0) {
      result |= Q_WRONG;
    }
    final byte[] bytes = {
      (byte) result, (byte) (result >>> 8), (byte) (result >>> 16), (byte) (result >>> 24)
    };
    return port.write(descriptor.address, bytes, bytes.length) ? 0 : ChannelError.WRITE_DATA;
  }

  private int store(DmaPort port, long at, byte[] value, int done, int length) {
    if (flips && done == 0) {
      value[0] ^= 1;
    }
    if (!writes) {
      return 0;
    }
    return port.write(at, value, length) ? 0 : ChannelError.DESTINATION_ADDRESS;
  }

  private static void add(byte[] bytes, byte[] sum, int length) {
    for (int i = 0; i < length; i++) {
      sum[i] ^= bytes[i];
    }
  }

  private static boolean zero(byte[] bytes, int length) {
    for (int i = 0; i < length; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }
}
