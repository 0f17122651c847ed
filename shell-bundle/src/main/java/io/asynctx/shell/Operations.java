package io.asynctx.shell;

import io.asynctx.dmaengine.DmaCap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The names people use for operations. */
final class Operations {

  /** Every operation, for assignments. */
  static final String ALL = "all";

  /** For completion, and for telling what there is. */
  static final List<String> NAMES =
      List.of("copy", "fill", "xor", "xor_val", "pq", "pq_val", "recov", "interrupt");

  private Operations() {}

  /**
   * The operation of a name; the field's own names will do, in any case.
   *
   * @return empty if there is none
   */
  static Optional<DmaCap> named(String name) {
    final String word = name.toUpperCase(Locale.ROOT);
    return switch (word) {
      case "COPY" -> Optional.of(DmaCap.MEMCPY);
      case "FILL" -> Optional.of(DmaCap.MEMSET);
      case "XORVAL" -> Optional.of(DmaCap.XOR_VAL);
      case "PQVAL" -> Optional.of(DmaCap.PQ_VAL);
      case "RECOV" -> Optional.of(DmaCap.RAID6_RECOV);
      default -> Stream.of(DmaCap.values()).filter(c -> c.name().equals(word)).findFirst();
    };
  }

  /** Whether its number of sources is the caller's choice. */
  static boolean takesSources(DmaCap operation) {
    return switch (operation) {
      case XOR, XOR_VAL, PQ, PQ_VAL, RAID6_RECOV -> true;
      case MEMCPY, MEMSET, INTERRUPT -> false;
    };
  }
}
