/**
 * Clients that want only channels with a property of their platform, in three forms: by a callback,
 * by a declared filter, by a service reference.
 *
 * <p>Threading: every type here is safe for any number of threads unless its own Javadoc names an
 * owner.
 */
@NullMarked
package io.asynctx.examples.channelfilter;

import org.jspecify.annotations.NullMarked;
