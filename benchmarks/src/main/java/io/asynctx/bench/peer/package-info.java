/** What others offer: C through the foreign function interface, Debian packages, Java queues. */
@NullMarked
package io.asynctx.bench.peer;

import org.jspecify.annotations.NullMarked;
