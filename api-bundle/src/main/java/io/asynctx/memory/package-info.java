/**
 * Memory that cannot be closed under an engine.
 *
 * <p>Threading: safe for any number of threads.
 */
@Export
@Version("1.0.0")
@NullMarked
package io.asynctx.memory;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
