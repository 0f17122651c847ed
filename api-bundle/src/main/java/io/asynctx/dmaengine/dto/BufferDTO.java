package io.asynctx.dmaengine.dto;

/**
 * A buffer that has not been given back.
 *
 * @param holder symbolic name of the bundle it was lent to
 * @param bytes its size
 * @param state {@code open}, {@code leaving} (closed as soon as it is idle) or {@code locked} (a
 *     device that could not be shown to be quiet may still write to it)
 * @param ageMillis how long ago it was lent
 * @param allocatedAt the code that asked for it, e.g. {@code Scrub.run(Scrub.java:42)}; empty if
 *     allocation sites are not recorded
 * @param operations operations that have not ended and name any byte of it
 * @param lockedBy name of the channel that has it locked away; empty if none
 */
public record BufferDTO(
    String holder,
    long bytes,
    String state,
    long ageMillis,
    String allocatedAt,
    int operations,
    String lockedBy) {}
