/**
 * CPU channels: every operation, on any memory, done inside poll by the kernels of {@code
 * raid-kernels}.
 *
 * <p>Threading: no threads, no locks; each type says which of the engine's threads may call it.
 */
@NullMarked
package io.asynctx.driver.soft;

import org.jspecify.annotations.NullMarked;
