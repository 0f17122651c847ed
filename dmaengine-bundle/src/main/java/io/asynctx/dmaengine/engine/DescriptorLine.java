package io.asynctx.dmaengine.engine;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What changes in a descriptor with each operation, on lines of memory of its own: it is all that
 * the submitting thread and the channel's worker have to take from each other. Everything else in a
 * descriptor is written only if it changes, so that for a run of like operations either side keeps
 * its copy. Superclasses, because their fields are laid out before those of a subclass.
 *
 * <p>Both gaps were found by measurement: without them the last fields of one descriptor lay on a
 * line with the word of the next, and reading them cost the submitter as much as the word itself.
 *
 * <p>Threading: that of {@link Descriptor}.
 */
final class DescriptorLine {

  private DescriptorLine() {}

  /** Keeps the line off whatever lies before it: as a rule the end of another descriptor. */
  @SuppressWarnings("unused")
  abstract static class Before {
    private int gap;
    private long gap0;
    private long gap1;
    private long gap2;
    private long gap3;
    private long gap4;
    private long gap5;
    private long gap6;
  }

  /** The line itself. */
  abstract static class Fields extends Before {
    /** State, flags and generation. */
    volatile long word;

    /** Of its entry in the tag table. */
    long tag;

    /** {@code System.nanoTime()} of its first issue; 0 before. */
    long issuedAt;

    /** Of its last hand-over to a device; 0 before. */
    long pushedAt;

    @Nullable Descriptor next;

    /** The first two operands; the others, which most operations do not have, lie in an array. */
    @Nullable MemorySegment first;

    @Nullable MemorySegment second;

    short attempts;

    /** Whether its attempt on the channel it is queued on was counted. */
    boolean given;

    /** Whether it was queued on a channel yet; before that its route is another operation's. */
    boolean routed;
  }

  /** Keeps the line off the fields that seldom change. */
  @SuppressWarnings("unused")
  abstract static class Padded extends Fields {
    private long gap0;
    private long gap1;
    private long gap2;
    private long gap3;
    private long gap4;
    private long gap5;
    private long gap6;
  }
}
