package io.asynctx.driver.isal;

import io.asynctx.dmaengine.DmaCap;
import org.jspecify.annotations.Nullable;

/**
 * The functions of the library that are used. All but {@link #CRC32C} have the signature {@code int
 * (int vects, int len, void **array)} and return 0 for success.
 *
 * @see "ISA-L include/raid.h and include/crc.h"
 */
enum IsalFunction {
  XOR_GEN("xor_gen", "xor", DmaCap.XOR),
  XOR_CHECK("xor_check", "xor_val", DmaCap.XOR_VAL),
  PQ_GEN("pq_gen", "pq", DmaCap.PQ),
  PQ_CHECK("pq_check", "pq_val", DmaCap.PQ_VAL),
  /** {@code unsigned int (unsigned char *buffer, int len, unsigned int crc)}, nothing inverted. */
  CRC32C("crc32_iscsi", "crc32c", null);

  /** Name of the symbol. */
  final String symbol;

  /** What a ladder of kernels calls the operation. */
  final String label;

  /** The operation of a channel it is for; null if channels have none. */
  final @Nullable DmaCap operation;

  IsalFunction(String symbol, String label, @Nullable DmaCap operation) {
    this.symbol = symbol;
    this.label = label;
    this.operation = operation;
  }
}
