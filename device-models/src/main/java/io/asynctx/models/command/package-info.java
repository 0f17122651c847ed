/**
 * {@code ./asynctx model}: a model in a process of its own.
 *
 * <p>Threading: each type says.
 */
@NullMarked
package io.asynctx.models.command;

import org.jspecify.annotations.NullMarked;
