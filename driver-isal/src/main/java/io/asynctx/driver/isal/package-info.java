/**
 * CPU channels on Intel ISA-L, a native library that is called through the Foreign Function and
 * Memory API: exclusive or, syndromes and their checks, as far as the library does them faster than
 * the kernels of {@code raid-kernels}. Without the library there is a report and no device.
 *
 * <p>Threading: no threads, no locks; each type says which of the engine's threads may call it.
 */
@NullMarked
package io.asynctx.driver.isal;

import org.jspecify.annotations.NullMarked;
