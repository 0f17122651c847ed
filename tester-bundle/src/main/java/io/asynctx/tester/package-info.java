/** The jobs {@code demo} and {@code test}, run by the command line and by the shell. */
@NullMarked
package io.asynctx.tester;

import org.jspecify.annotations.NullMarked;
