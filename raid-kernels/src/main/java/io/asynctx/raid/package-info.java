/**
 * Bulk-memory kernels: the scalar oracle and the Vector API rung.
 *
 * <p>Threading: every kernel is stateless and safe for any number of threads.
 */
@Export
@Version("1.0.0")
@NullMarked
package io.asynctx.raid;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
