/**
 * A bundle that is made of this package alone and runs in the platform of a guest: it meets the bus
 * as a driver does, with functions that the emulator's own authors wrote.
 *
 * <p>Threading: as {@link io.asynctx.dmaengine.admin.CommandLine} says.
 */
@NullMarked
package io.asynctx.validation.inside;

import org.jspecify.annotations.NullMarked;
