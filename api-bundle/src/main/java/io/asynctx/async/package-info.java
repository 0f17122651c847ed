/**
 * Transfers and transforms over whatever engines are plugged in: descriptors, flags, chains.
 *
 * <p>Threading: every service here is safe for any number of threads; {@link
 * io.asynctx.async.SubmitControl} and {@link io.asynctx.async.ChainBuilder} belong to one thread at
 * a time.
 */
@Export
@Version("1.1.0")
@NullMarked
package io.asynctx.async;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
