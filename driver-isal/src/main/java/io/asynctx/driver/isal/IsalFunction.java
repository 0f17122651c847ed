package io.asynctx.driver.isal;

import io.asynctx.dmaengine.DmaCap;

/**
 * The functions of the library that are used. All have the signature {@code int (int vects, int
 * len, void **array)} and return 0 for success.
 *
 * @see "ISA-L include/raid.h"
 */
enum IsalFunction {
  XOR_GEN("xor_gen", DmaCap.XOR),
  XOR_CHECK("xor_check", DmaCap.XOR_VAL),
  PQ_GEN("pq_gen", DmaCap.PQ),
  PQ_CHECK("pq_check", DmaCap.PQ_VAL);

  /** Name of the symbol. */
  final String symbol;

  /** The operation it is for. */
  final DmaCap operation;

  IsalFunction(String symbol, DmaCap operation) {
    this.symbol = symbol;
    this.operation = operation;
  }
}
