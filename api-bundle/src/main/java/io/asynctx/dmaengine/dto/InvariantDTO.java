package io.asynctx.dmaengine.dto;

/**
 * One of the engine's invariants, looked at.
 *
 * @param id {@code I1} to {@code I15}
 * @param statement what must hold
 * @param verdict {@code holds}, {@code broken}, or {@code unknown} where it cannot be seen from
 *     inside a running engine
 * @param detail the values seen
 */
public record InvariantDTO(String id, String statement, String verdict, String detail) {}
