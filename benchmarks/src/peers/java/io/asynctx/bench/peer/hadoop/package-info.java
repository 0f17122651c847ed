/** Encoders of Hadoop. */
@NullMarked
package io.asynctx.bench.peer.hadoop;

import org.jspecify.annotations.NullMarked;
