/** Other libraries, as the rows ask for them; compiled by the Maven profile {@code peers} alone. */
@NullMarked
package io.asynctx.bench.peer.library;

import org.jspecify.annotations.NullMarked;
