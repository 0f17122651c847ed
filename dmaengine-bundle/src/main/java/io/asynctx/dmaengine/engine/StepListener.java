package io.asynctx.dmaengine.engine;

/**
 * Told when an operation of a chain has ended, on a completion worker, before its slot is recycled.
 * Must be quick: it counts, and hands the rest to an executor.
 */
interface StepListener {
  void ended(Descriptor d, int step);
}
