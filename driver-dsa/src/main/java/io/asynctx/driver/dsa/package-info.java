/**
 * Intel DSA. This version finds devices and work queues and reports what they are, what keeps them
 * from use and what to do; it gives no channels.
 *
 * <p>Threading: discovery runs on the thread that activates the component or changes its
 * configuration; the report is safe for any thread.
 */
@NullMarked
package io.asynctx.driver.dsa;

import org.jspecify.annotations.NullMarked;
