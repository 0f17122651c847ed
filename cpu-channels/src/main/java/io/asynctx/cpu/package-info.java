/**
 * What drivers share whose channels are the CPU: the ring of transfers, the slices of a poll, a
 * device's channels. No bundle of its own: each such driver has a private copy inside, so that one
 * can be replaced while another works. Which kernels do the bytes is the driver's to say.
 *
 * <p>Threading: no threads, no locks; each type says which of the engine's threads may call it.
 */
@NullMarked
package io.asynctx.cpu;

import org.jspecify.annotations.NullMarked;
