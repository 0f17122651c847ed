package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.Chain;
import io.asynctx.async.ChainBuilder;
import io.asynctx.async.Policy;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ChainBuildTest {

  private final AsyncBed bed = new AsyncBed();
  private final MemorySegment[] s = bed.blocks(8, 64);

  @AfterEach
  void stop() {
    assertEquals(0, bed.rig.used());
    bed.close();
  }

  private ChainBuilder chain() {
    return bed.async.chain("c");
  }

  /** For each step, in the order of submission: its name and those it waits for. */
  private static String edges(ChainBuilder builder) {
    final ChainPlan plan = (ChainPlan) builder.build();
    final StringBuilder text = new StringBuilder();
    for (int i = 0; i < plan.size(); i++) {
      text.append(plan.step(i).name).append('<');
      for (int parent : plan.parents(i)) {
        assertTrue(parent < i);
        text.append(plan.step(parent).name);
      }
      text.append(' ');
    }
    return text.toString().strip();
  }

  @Test
  void aReadWaitsForTheWriterAndAWriteForTheWriterAndTheReaders() {
    assertEquals(
        "a< b<a c<a d<bc e<d",
        edges(
            chain()
                .fill("a", s[0], (byte) 1)
                .copy("b", s[1], s[0])
                .copy("c", s[2], s[0])
                .fill("d", s[0], (byte) 2)
                .xorVal("e", s[0], s[5])));
    assertEquals(
        "a< b< c<ab",
        edges(
            chain()
                .fill("a", s[0], (byte) 1)
                .fill("b", s[1], (byte) 1)
                .xor("c", s[2], s[0], s[1])));
    assertEquals("a< b<a", edges(chain().xor("a", s[0], s[0], s[1]).xor("b", s[0], s[0], s[2])));
    assertEquals("a< b<", edges(chain().copy("a", s[0], s[2]).copy("b", s[1], s[2])));
  }

  @Test
  void whatCountsIsTheBytesNotTheSegments() {
    final MemorySegment all = bed.bytes(256);
    assertEquals(
        "low< high< middle<lowhigh rest<low after<middle",
        edges(
            chain()
                .fill("low", all.asSlice(0, 128), (byte) 1)
                .fill("high", all.asSlice(128), (byte) 2)
                .fill("middle", all.asSlice(64, 128), (byte) 3)
                .fill("rest", all.asSlice(0, 64), (byte) 4)
                .copy("after", s[0], all.asSlice(100, 64))));
    assertEquals(
        "a< b< c<ab",
        edges(
            chain()
                .copy("a", s[0], all.asSlice(0, 64))
                .copy("b", s[1], all.asSlice(32, 64))
                .fill("c", all.asSlice(0, 128), (byte) 4)));
  }

  @Test
  void anArrayIsTheSameArrayThroughAnySegmentAlsoReadOnly() {
    final byte[] array = new byte[128];
    final long[] longs = new long[8];
    final MemorySegment whole = MemorySegment.ofArray(array);
    final MemorySegment low = whole.asSlice(0, 64);
    final MemorySegment readOnly = whole.asReadOnly().asSlice(32, 64);
    assertEquals(
        "a< b<a c<b",
        edges(
            chain()
                .fill("a", low, (byte) 1)
                .copy("b", s[0], readOnly)
                .fill("c", whole.asSlice(64), (byte) 1)));
    assertEquals(
        "a< b< c<a",
        edges(
            chain()
                .copy("a", s[0], readOnly)
                .copy("b", s[1], MemorySegment.ofArray(longs).asReadOnly())
                .fill("c", low, (byte) 1)));
    assertEquals(
        "a< b<",
        edges(chain().fill("a", MemorySegment.ofArray(longs), (byte) 1).fill("b", low, (byte) 1)));
    assertEquals(
        "a< b<",
        edges(chain().copy("a", s[0], readOnly).fill("b", whole.asSlice(96, 32), (byte) 1)));
  }

  @Test
  void aStripeIsReadAndWrittenWhereItsOperationSaysSo() {
    final MemorySegment[] stripe = Arrays.copyOf(s, 6);
    assertEquals(
        "d0< pq<d0 val<d0pq lose<pqval two<d0pqvallose dp<d0pqvaltwo",
        edges(
            chain()
                .fill("d0", s[0], (byte) 1)
                .pq("pq", stripe)
                .pqVal("val", stripe)
                .fill("lose", s[1], (byte) 0)
                .recover("two", 1, 2, stripe)
                .recover("dp", 1, 4, stripe)));
  }

  @Test
  void afterAddsEdgesAlsoToLaterSteps() {
    assertEquals(
        "b< a<b c<ab",
        edges(
            chain()
                .fill("a", s[0], (byte) 1)
                .after("b")
                .fill("b", s[1], (byte) 1)
                .fill("c", s[2], (byte) 1)
                .after("a", "b", "a")));
  }

  @Test
  void aFenceLetsEverythingAfterWaitForEverythingBefore() {
    assertEquals(
        "a< b< (fence)<ab c<(fence) d<(fence)c (fence)<(fence)cd e<(fence)",
        edges(
            chain()
                .fence()
                .fill("a", s[0], (byte) 1)
                .fill("b", s[1], (byte) 1)
                .fence()
                .fence()
                .fill("c", s[2], (byte) 1)
                .copy("d", s[3], s[2])
                .fence()
                .fill("e", s[0], (byte) 1)));
    assertEquals(
        List.of("a", "b"),
        chain().fill("a", s[0], (byte) 1).fence().fill("b", s[1], (byte) 1).build().steps());
  }

  @Test
  void aCycleIsRefusedWithItsPath() {
    refused(
        IllegalArgumentException.class,
        "cycle=a -> b -> c -> a",
        chain()
            .fill("before", s[7], (byte) 0)
            .fill("a", s[0], (byte) 1)
            .after("c", "before")
            .copy("b", s[1], s[0])
            .copy("c", s[2], s[1])
            .copy("d", s[3], s[2]));
    refused(
        IllegalArgumentException.class,
        "cycle=a -> a",
        chain().fill("a", s[0], (byte) 1).after("a"));
    refused(
        IllegalArgumentException.class,
        "(fence)",
        chain().fill("a", s[0], (byte) 1).after("b").fence().fill("b", s[1], (byte) 1));
  }

  @Test
  void whatIsWrongIsSaidAtBuildNamingChainAndStep() {
    final Class<IllegalArgumentException> illegal = IllegalArgumentException.class;
    refused(illegal, "no step", chain());
    refused(illegal, "no step", chain().fence());
    refused(
        illegal,
        "step=x, numbers=0 and 1",
        chain().fill("x", s[0], (byte) 0).fill("x", s[1], (byte) 0));
    refused(illegal, "no name", chain().fill(null, s[0], (byte) 0));
    refused(illegal, "after=y, steps=[x]", chain().fill("x", s[0], (byte) 0).after("y"));
    refused(illegal, "before any step", chain().after("y").fill("y", s[0], (byte) 0));
    refused(
        illegal,
        "chain=c, step=x, operation=MEMCPY: operands differ in size: first=64, index=1, size=63",
        chain().copy("x", s[0], s[1].asSlice(1)));
    refused(illegal, "step=x", chain().copy("x", s[0], null));
    refused(illegal, "count=1", chain().xor("x", s[0], s[1]));
    refused(illegal, "count=0", chain().xor("x", s[0], (MemorySegment[]) null));
    refused(illegal, "overlap", chain().xor("x", s[0], s[1], s[0]));
    refused(illegal, "overlap", chain().pq("x", s[0], s[1], s[0]));
    refused(illegal, "read-only", chain().fill("x", s[0].asReadOnly(), (byte) 0));
    refused(illegal, "length=0", chain().fill("x", s[0].asSlice(0, 0), (byte) 0));
    refused(illegal, "disks=256", chain().pq("x", bed.blocks(256, 1)));
    refused(illegal, "disks=2", chain().pq("x", s[0], s[1]));
    refused(illegal, "lost=0, 5", chain().recover("x", 0, 5, Arrays.copyOf(s, 6)));
    refused(illegal, "no data", chain().pq("x", null, null, s[0], s[1]));
    refused(
        illegal, "filter", chain().fill("x", s[0], (byte) 0).policy(Policy.any().channels("((")));
    final Arena arena = Arena.ofShared();
    final MemorySegment closed = arena.allocate(64);
    arena.close();
    refused(IllegalStateException.class, "step=x", chain().copy("x", s[0], closed));
  }

  private static void refused(
      Class<? extends RuntimeException> kind, String part, ChainBuilder builder) {
    final String message = assertThrows(kind, builder::build).getMessage();
    assertTrue(message.contains(part), message);
    assertTrue(message.contains("chain=c") || message.contains("filter"), message);
  }

  @Test
  void theArraysAreCopiedAndTheChainKeepsItsSteps() {
    final MemorySegment[] sources = {s[1], s[2]};
    final ChainBuilder builder = chain().xor("x", s[0], sources);
    Arrays.fill(sources, null);
    final Chain chain = builder.build();
    builder.fill("y", s[3], (byte) 1);
    assertEquals("c", chain.name());
    assertEquals(List.of("x"), chain.steps());
    assertEquals(List.of("x", "y"), builder.build().steps());
  }

  @Test
  void aLongChainIsBuiltInTime() {
    final ChainBuilder builder = chain();
    final int count = 50_000;
    for (int i = 0; i < count; i++) {
      builder.copy("s" + i, s[i % 8], s[(i + 1) % 8]);
    }
    final ChainPlan plan = (ChainPlan) builder.build();
    assertEquals(count, plan.size());
    assertArrayEquals(new int[] {2, 8}, plan.parents(9));
  }
}
