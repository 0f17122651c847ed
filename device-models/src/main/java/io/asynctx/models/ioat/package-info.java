/**
 * Intel I/OAT as a device that behaves, written from the facts. It shares no class with the driver,
 * or it could not find a mistake in the driver's layouts.
 *
 * <p>Threading: each type says.
 */
@NullMarked
package io.asynctx.models.ioat;

import org.jspecify.annotations.NullMarked;
