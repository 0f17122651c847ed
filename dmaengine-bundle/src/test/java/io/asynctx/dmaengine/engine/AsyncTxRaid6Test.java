package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.Policy;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.DeviceLimits;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every pair of lost disks, as raid6test does, but with the bytes looked at. */
class AsyncTxRaid6Test {

  private static final int LENGTH = 96;

  private final AsyncBed bed = new AsyncBed();
  private MemorySegment[] blocks;
  private byte[][] before;
  private Policy policy;

  @AfterEach
  void stop() {
    bed.rig.assertEverySlotFree();
    bed.close();
  }

  @ParameterizedTest
  @EnumSource(
      value = ProviderKind.class,
      names = {"SOFTWARE", "SYNCHRONOUS"})
  void everyPairOfLostDisksComesBack(ProviderKind kind) {
    final WorkingDevice device = new WorkingDevice("work", 1);
    device.limits =
        DeviceLimits.builder().maxXor(255).maxPq(255, true, true).memory(false, true).build();
    bed.add(device, 0);
    policy = Policy.any().require(kind);
    for (int disks = 4; disks <= 24; disks++) {
      stripe(disks);
      for (int a = 0; a < disks; a++) {
        for (int b = a + 1; b < disks; b++) {
          losePair(disks, a, b, kind);
        }
      }
    }
    stripe(255);
    for (int[] pair :
        new int[][] {
          {0, 1},
          {0, 252},
          {251, 252},
          {126, 127},
          {0, 253},
          {252, 253},
          {0, 254},
          {252, 254},
          {253, 254}
        }) {
      losePair(255, pair[0], pair[1], kind);
    }
  }

  private void stripe(int disks) {
    blocks = bed.blocks(disks, LENGTH);
    quiesce(bed.async.pq(blocks, disks, LENGTH, bed.with(0).policy(policy)));
    before = new byte[disks][];
    for (int i = 0; i < disks; i++) {
      before[i] = AsyncBed.copy(blocks[i]);
    }
    byte p = 0;
    for (int i = 0; i < disks - 2; i++) {
      p ^= before[i][0];
    }
    assertEquals(p, before[disks - 2][0]);
  }

  private void losePair(int disks, int a, int b, ProviderKind kind) {
    blocks[a].fill((byte) 0xa5);
    blocks[b].fill((byte) 0x5a);
    final SumCheck check = new SumCheck();
    quiesce(recover(disks, a, b));
    for (int i = 0; i < disks; i++) {
      assertArrayEquals(
          before[i],
          AsyncBed.copy(blocks[i]),
          kind + " " + disks + " disks, lost " + a + ", " + b + ": block " + i);
    }
    quiesce(bed.async.pqVal(blocks, disks, LENGTH, check, bed.with(0)));
    assertEquals(0, check.flags());
  }

  private long recover(int disks, int a, int b) {
    final int p = disks - 2;
    final int q = disks - 1;
    if (b < p) {
      return bed.async.raid6TwoDataRecovery(blocks, disks, LENGTH, b, a, bed.with(0));
    }
    if (b == p) {
      return bed.async.raid6DataAndPRecovery(blocks, disks, LENGTH, a, bed.with(0));
    }
    if (a == p) {
      return bed.async.pq(blocks, disks, LENGTH, bed.with(0));
    }
    // A data block and Q: the block is an xor of P and the others, then Q is generated again.
    final MemorySegment[] others = new MemorySegment[disks - 2];
    for (int i = 0, k = 0; i <= p; i++) {
      if (i != a) {
        others[k++] = blocks[i];
      }
    }
    final long block =
        bed.async.xor(
            blocks[a], others, others.length, LENGTH, bed.with(AsyncTxFlags.XOR_ZERO_DST));
    final MemorySegment[] withoutP = blocks.clone();
    withoutP[p] = null;
    return bed.async.pq(withoutP, disks, LENGTH, bed.with(AsyncTxFlags.DEP_ACK, block));
  }

  private void quiesce(long descriptor) {
    assertEquals(WaitResult.COMPLETE, bed.async.quiesce(descriptor, AsyncBed.LONG));
  }
}
