/**
 * A device in front of another that makes faults by rules: for tests, drills and the storm. It
 * hands everything through, until a rule says otherwise.
 *
 * <p>Threading: as the driver contract says. It starts no thread, but one to pull the device out
 * when a rule says {@code vanish}: hardware that is pulled asks no thread of the engine's.
 */
@NullMarked
package io.asynctx.driver.fault;

import org.jspecify.annotations.NullMarked;
