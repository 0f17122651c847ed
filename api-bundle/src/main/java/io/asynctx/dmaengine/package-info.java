/**
 * Client view of DMA: find a channel, prepare descriptors, submit, issue, be told.
 *
 * <p>Threading: every type here is safe for any number of threads unless its own Javadoc names an
 * owner.
 */
@Export
@Version("1.0.0")
@NullMarked
package io.asynctx.dmaengine;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
