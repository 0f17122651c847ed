/**
 * Intel I/OAT, versions 3.2 to 3.4: drives every function that a bus gives as a {@code
 * PciFunction}, and reports those that are there and not usable, with what to do.
 *
 * <p>Rooms: {@code IoatRegisters} and {@code IoatHw} are what the hardware has, {@code IoatErrors}
 * what it complains of; {@code IoatChannelOps} is the driver of a channel, {@code IoatDevice} that
 * of a function, {@code IoatDriver} finds them.
 *
 * <p>Threading: a channel as the driver contract says; the rest on the threads of DS. No thread is
 * started.
 */
@NullMarked
package io.asynctx.driver.ioat;

import org.jspecify.annotations.NullMarked;
