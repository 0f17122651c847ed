/**
 * The emulator, the kernel, its tests and DPDK: fetched as Debian packages, or built from them.
 *
 * <p>Threading: one thread.
 */
@NullMarked
package io.asynctx.validation.fetch;

import org.jspecify.annotations.NullMarked;
