package io.asynctx.dmaengine.engine;

/**
 * The number of an edge: child's pool, slot, and which of its edges. From 1; fits 25 bits, so that
 * it is never {@link Descriptor#CLOSED}.
 */
final class Edges {

  private Edges() {}

  static int id(Descriptor child, int index) {
    return ((child.home.number() << Handle.SLOT_BITS | child.slot) << 2 | index) + 1;
  }

  static int index(int edge) {
    return edge - 1 & 3;
  }

  static int slot(int edge) {
    return edge - 1 >>> 2 & Handle.MAX_SLOTS - 1;
  }

  static int pool(int edge) {
    return edge - 1 >>> 2 + Handle.SLOT_BITS;
  }
}
