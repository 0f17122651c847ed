/**
 * Examples that only need the async_tx service.
 *
 * <p>Threading: every type here is safe for any number of threads unless its own Javadoc names an
 * owner.
 */
@NullMarked
package io.asynctx.examples;

import org.jspecify.annotations.NullMarked;
