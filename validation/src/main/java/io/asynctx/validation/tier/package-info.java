/**
 * What is run, and what must be seen so that nothing passes by accident.
 *
 * <p>Threading: one thread unless a type says otherwise.
 */
@NullMarked
package io.asynctx.validation.tier;

import org.jspecify.annotations.NullMarked;
