/** Rows of the engine and of the platform around it. */
@NullMarked
package io.asynctx.bench.engine;

import org.jspecify.annotations.NullMarked;
