package io.asynctx.raid;

/** What a {@link Ladder} chooses a rung for, each as one call on the blocks of a {@link Trial}. */
enum Operation {
  COPY("copy") {
    @Override
    long run(BulkKernels k, Trial t, long offset, long length) {
      k.copy(t.p, t.q, offset, length);
      return 0;
    }
  },
  FILL("fill") {
    @Override
    long run(BulkKernels k, Trial t, long offset, long length) {
      k.fill(t.p, offset, length, (byte) 0);
      return 0;
    }
  },
  EQUAL("compare") {
    @Override
    long run(BulkKernels k, Trial t, long offset, long length) {
      return k.equal(t.p, t.q, offset, length) ? 1 : 0;
    }
  },
  CRC32C("crc32c") {
    @Override
    long run(BulkKernels k, Trial t, long offset, long length) {
      return k.crc32c(t.p, offset, length, 0);
    }
  },
  XOR("xor") {
    @Override
    long run(BulkKernels k, Trial t, long offset, long length) {
      k.xor(t.p, t.data, Trial.BLOCKS, offset, length);
      return 0;
    }
  },
  XOR_IS_ZERO("xor_val") {
    @Override
    long run(BulkKernels k, Trial t, long offset, long length) {
      return k.xorIsZero(t.data, Trial.BLOCKS, offset, length) ? 1 : 0;
    }
  },
  PQ("pq") {
    @Override
    long run(BulkKernels k, Trial t, long offset, long length) {
      k.pq(t.p, t.q, t.data, Trial.BLOCKS, offset, length);
      return 0;
    }
  },
  PQ_ACCUMULATE("pq update") {
    @Override
    long run(BulkKernels k, Trial t, long offset, long length) {
      k.pqAccumulate(t.p, t.q, t.data, Trial.BLOCKS, offset, length);
      return 0;
    }
  },
  PQ_CHECK("pq_val") {
    @Override
    long run(BulkKernels k, Trial t, long offset, long length) {
      return k.pqCheck(t.p, t.q, t.data, Trial.BLOCKS, offset, length);
    }
  },
  RECOVER_TWO_DATA("recovery of two data blocks") {
    @Override
    long run(BulkKernels k, Trial t, long offset, long length) {
      k.recoverTwoData(t.p, t.q, t.data, Trial.BLOCKS, 1, 6, offset, length);
      return 0;
    }
  },
  RECOVER_DATA_AND_P("recovery of data and P") {
    @Override
    long run(BulkKernels k, Trial t, long offset, long length) {
      k.recoverDataAndP(t.p, t.q, t.data, Trial.BLOCKS, 1, offset, length);
      return 0;
    }
  };

  /** The field's name of it, for the log. */
  final String label;

  Operation(String label) {
    this.label = label;
  }

  /**
   * One call.
   *
   * @return what the call answered, as a number; 0 if it answers nothing
   */
  abstract long run(BulkKernels k, Trial t, long offset, long length);

  /** Several calls in a row; one loop per operation, so that each is compiled for itself. */
  final void run(BulkKernels k, Trial t, long length, int calls) {
    for (int i = 0; i < calls; i++) {
      run(k, t, 0, length);
    }
  }
}
