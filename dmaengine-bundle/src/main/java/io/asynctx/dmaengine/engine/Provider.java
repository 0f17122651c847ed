package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.ProviderKind;

/**
 * Who runs operations: the lasting part of their provenance. Strings only, so that a finished
 * operation keeps no driver alive.
 */
record Provider(
    ProviderKind kind, String channel, String device, String driver, String driverVersion) {}
