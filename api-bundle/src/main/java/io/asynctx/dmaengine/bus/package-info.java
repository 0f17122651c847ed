/**
 * The bus under a hardware driver: one service per PCI function, claimed by one driver at a time.
 *
 * <p>Threading: safe for any number of threads unless a method says otherwise.
 */
@Export
@Version("2.0.0")
@NullMarked
package io.asynctx.dmaengine.bus;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
