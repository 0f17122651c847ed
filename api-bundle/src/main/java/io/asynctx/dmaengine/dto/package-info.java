/**
 * What shell, console and tests may see: records of {@code java.*} values, no live objects.
 *
 * <p>Threading: immutable, safe everywhere.
 */
@Export
@Version("1.0.0")
@NullMarked
package io.asynctx.dmaengine.dto;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
