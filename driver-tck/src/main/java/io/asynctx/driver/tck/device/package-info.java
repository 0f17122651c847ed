/**
 * A really asynchronous device for tests of drivers, engine and bundles.
 *
 * <p>Threading: the device's controls may be used by any thread.
 */
@Export
@Version("1.0.0")
@NullMarked
package io.asynctx.driver.tck.device;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
