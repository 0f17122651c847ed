/**
 * Looking into a running engine, and the commands that do.
 *
 * <p>Threading: every type here is safe for any number of threads.
 */
@Export
@Version("1.0.0")
@NullMarked
package io.asynctx.dmaengine.admin;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
