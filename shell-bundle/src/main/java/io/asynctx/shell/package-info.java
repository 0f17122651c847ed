/** Gogo commands, scope {@code dma}: they look through the inspector and never into an engine. */
@NullMarked
package io.asynctx.shell;

import org.jspecify.annotations.NullMarked;
