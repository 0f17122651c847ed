/**
 * The driver contract: one service per device, no threads, no locks.
 *
 * <p>Threading: each method says in role words who calls it and what may overlap it.
 */
@Export
@Version("1.1.0")
@NullMarked
package io.asynctx.dmaengine.driver;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
