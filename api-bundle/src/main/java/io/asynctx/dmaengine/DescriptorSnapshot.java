package io.asynctx.dmaengine;

import org.jspecify.annotations.Nullable;

/**
 * A readable picture of a descriptor at one moment.
 *
 * @param handle the handle asked for
 * @param text the handle in words: engine, pool, slot, generation
 * @param operation what it is
 * @param length in bytes; 0 for {@link DmaCap#INTERRUPT}
 * @param client name of its owner
 * @param state state in the engine, e.g. {@code WAITING}, {@code QUEUED}, {@code DONE}
 * @param status the state as clients see it
 * @param result how it ended; null while in progress
 * @param residue bytes not transferred, as far as the provider said; 0 after success
 * @param sumCheck bits of a validate operation, see {@link SumCheck}
 * @param acknowledged whether it was acknowledged
 * @param detail why it failed, e.g. the handle of the parent that failed; empty if it did not
 * @param provenance who ran it; kind and names are of the channel it is with, while in progress
 */
public record DescriptorSnapshot(
    long handle,
    String text,
    DmaCap operation,
    long length,
    String client,
    String state,
    DmaStatus status,
    @Nullable TransferResult result,
    long residue,
    int sumCheck,
    boolean acknowledged,
    String detail,
    Provenance provenance) {}
