package io.asynctx.dmaengine.dto;

/**
 * An operation whose descriptor is not free.
 *
 * @param handle its handle
 * @param text the handle in words
 * @param operation what it is
 * @param length in bytes
 * @param client name of its owner
 * @param state state in the engine, e.g. {@code QUEUED}
 * @param channel the channel it is with, or was run by; empty if none
 * @param attempts how often an engine was given it
 * @param acknowledged whether it was acknowledged
 * @param result how it ended; empty while in progress
 */
public record OperationDTO(
    long handle,
    String text,
    String operation,
    long length,
    String client,
    String state,
    String channel,
    int attempts,
    boolean acknowledged,
    String result) {}
