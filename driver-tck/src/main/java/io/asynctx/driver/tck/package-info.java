/**
 * The conformance kit for drivers: contracts any {@code DmaDevice} must keep, and what runs them.
 *
 * <p>Threading: a session belongs to one thread at a time; everything else here is immutable.
 */
@Export
@Version("1.0.0")
@NullMarked
package io.asynctx.driver.tck;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
