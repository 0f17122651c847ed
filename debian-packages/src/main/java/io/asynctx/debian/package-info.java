/**
 * What benchmarks and validation compare and check with, as Debian packages unpacked in the user's
 * cache. Nothing is installed, and the machine's own package lists are not changed.
 *
 * <p>Threading: one thread.
 */
@NullMarked
package io.asynctx.debian;

import org.jspecify.annotations.NullMarked;
