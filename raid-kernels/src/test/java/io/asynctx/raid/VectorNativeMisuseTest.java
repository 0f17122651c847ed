package io.asynctx.raid;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** On the memory that the vector kernels take themselves, where one look stands for all rules. */
class VectorNativeMisuseTest extends VectorMisuseTest {
  @Override
  MemorySegment room(int size) {
    return Arena.ofAuto().allocate(size);
  }
}
