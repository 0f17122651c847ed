/**
 * A guest: what is in its file system, how it is started, what it said.
 *
 * <p>Threading: one thread unless a type says otherwise.
 */
@NullMarked
package io.asynctx.validation.guest;

import org.jspecify.annotations.NullMarked;
