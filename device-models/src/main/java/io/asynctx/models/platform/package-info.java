/**
 * Models in the platform: as services, by configuration alone.
 *
 * <p>Threading: each type says.
 */
@NullMarked
package io.asynctx.models.platform;

import org.jspecify.annotations.NullMarked;
