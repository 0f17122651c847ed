/**
 * The storm, the soak and the hot swap: real drivers come, go and fail under load, and a book kept
 * outside the engine says what became of every operation.
 */
@NullMarked
package io.asynctx.tester.storm;

import org.jspecify.annotations.NullMarked;
