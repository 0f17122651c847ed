/** The launcher's half inside the framework: runs commands and scripts, and forwards the log. */
@NullMarked
package io.asynctx.launcher.bundle;

import org.jspecify.annotations.NullMarked;
