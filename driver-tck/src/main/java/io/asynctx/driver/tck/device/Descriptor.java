package io.asynctx.driver.tck.device;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What the driver side writes for the device thread, as a hardware descriptor, and what the thread
 * writes back. The transfer itself never leaves the driver side.
 */
final class Descriptor {
  long tag;
  DmaCap operation = DmaCap.INTERRUPT;
  long offset;
  long length;
  final @Nullable MemorySegment[] destinations = new @Nullable MemorySegment[2];
  int sourceCount;
  @Nullable MemorySegment[] sources = new @Nullable MemorySegment[4];
  int[] coefficients = new int[4];
  int failedA;
  int failedB;
  byte value;
  boolean goesOn;

  TransferResult result = TransferResult.NO_ERROR;
  int sumCheck;

  /** Bytes done before the gate; 0 if none. */
  long done;

  /** Copies everything out of a transfer, from inside push. */
  void read(Transfer transfer) {
    tag = transfer.tag();
    operation = transfer.operation();
    offset = transfer.offset();
    length = transfer.length();
    final int written = transfer.destinations();
    for (int i = 0; i < 2; i++) {
      destinations[i] = i < written ? transfer.destination(i) : null;
    }
    sourceCount = transfer.sources();
    if (sourceCount > sources.length) {
      sources = new @Nullable MemorySegment[255 + 2];
      coefficients = new int[255 + 2];
    }
    for (int i = 0; i < sourceCount; i++) {
      sources[i] = transfer.source(i);
    }
    readMore(transfer);
    result = TransferResult.NO_ERROR;
    sumCheck = 0;
    done = 0;
  }

  private void readMore(Transfer transfer) {
    switch (operation) {
      case MEMSET -> value = transfer.value();
      case PQ -> {
        for (int i = 0; i < sourceCount; i++) {
          coefficients[i] = transfer.coefficient(i);
        }
        goesOn = transfer.continuation() || transfer.accumulate();
      }
      case RAID6_RECOV -> {
        failedA = transfer.failed(0);
        failedB = transfer.failed(1);
      }
      default -> {}
    }
  }

  /** Whether its first bytes can be done alone, and it is known afterwards that they are. */
  boolean canBeCut() {
    return switch (operation) {
      case MEMCPY -> !ontoItself();
      case MEMSET, XOR, PQ, RAID6_RECOV -> true;
      case XOR_VAL, PQ_VAL, INTERRUPT -> false;
    };
  }

  private boolean ontoItself() {
    final MemorySegment to = destinations[0];
    final MemorySegment from = sources[0];
    return to != null
        && from != null
        && to.heapBase().equals(from.heapBase())
        && Math.abs(to.address() - from.address()) < length;
  }

  /** Lets go of the client's memory. */
  void forget() {
    destinations[0] = null;
    destinations[1] = null;
    for (int i = 0; i < sourceCount; i++) {
      sources[i] = null;
    }
  }
}
