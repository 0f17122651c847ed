/**
 * The command {@code ./asynctx validate}: drivers and tests that the project did not write judge
 * its device models, and its own drivers, in guests of an emulator.
 *
 * <p>Threading: one thread.
 */
@NullMarked
package io.asynctx.validation;

import org.jspecify.annotations.NullMarked;
