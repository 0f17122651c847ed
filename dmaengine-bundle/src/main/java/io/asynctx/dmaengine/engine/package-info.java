/**
 * The engine: pools, queues, channels, the dependency graph, the removal of drivers, the ledger of
 * clients. Exports nothing.
 *
 * <p>Threading: each class that races says so, with a table.
 */
@NullMarked
package io.asynctx.dmaengine.engine;

import org.jspecify.annotations.NullMarked;
