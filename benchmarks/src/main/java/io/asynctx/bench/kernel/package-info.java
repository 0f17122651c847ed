/** Rows of the kernels alone: no engine, one thread. */
@NullMarked
package io.asynctx.bench.kernel;

import org.jspecify.annotations.NullMarked;
