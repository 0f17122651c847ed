/**
 * Starts the framework. On the boot class path, outside every bundle; exported to the launcher's
 * bundle by the framework.
 */
@NullMarked
package io.asynctx.launcher;

import org.jspecify.annotations.NullMarked;
