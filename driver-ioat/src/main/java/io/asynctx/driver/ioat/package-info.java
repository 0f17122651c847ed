/**
 * Intel I/OAT. This version finds the hardware and reports what it is, who holds it and what to do;
 * it gives no channels.
 *
 * <p>Threading: discovery runs on the thread that activates the component or changes its
 * configuration; the report is safe for any thread.
 */
@NullMarked
package io.asynctx.driver.ioat;

import org.jspecify.annotations.NullMarked;
