/**
 * The kit's face for JUnit Jupiter. The only package that needs JUnit.
 *
 * <p>Threading: as JUnit calls it, one thread at a time.
 */
@Export
@Version("1.0.0")
@NullMarked
package io.asynctx.driver.tck.junit;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
