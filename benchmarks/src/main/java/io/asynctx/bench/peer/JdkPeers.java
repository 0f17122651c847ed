package io.asynctx.bench.peer;

import io.asynctx.bench.Pairs;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Function;

/** What the JDK offers to get a copy done, by another thread or, the first, without one. */
public enum JdkPeers implements HandOffPeer {
  /** The copy itself, by the caller: no hand-off at all. */
  RAW("MemorySegment.copy", RawLink::new),
  /** A task of the common pool for each copy. */
  FUTURE(
      "CompletableFuture.runAsync",
      pairs ->
          new TaskLink<>(
              "CompletableFuture.runAsync", pairs, CompletableFuture::runAsync, Future::isDone)),
  /** A virtual thread for each copy. */
  VIRTUAL(
      "virtual threads",
      pairs ->
          new TaskLink<>("virtual threads", pairs, Thread::startVirtualThread, t -> !t.isAlive()));

  private final String title;
  private final Function<Pairs, Link> opener;

  JdkPeers(String title, Function<Pairs, Link> opener) {
    this.title = title;
    this.opener = opener;
  }

  @Override
  public String title() {
    return title;
  }

  @Override
  public String version() {
    return "Java " + Runtime.version();
  }

  @Override
  public Link open(Pairs pairs) {
    return opener.apply(pairs);
  }
}

/** Copies that nobody is handed. */
record RawLink(Pairs pairs) implements HandOffPeer.Link {
  @Override
  public String name() {
    return "MemorySegment.copy";
  }

  @Override
  public long run(long operations) {
    final long begun = System.nanoTime();
    for (long i = 0; i < operations; i++) {
      pairs.copy(i);
    }
    return System.nanoTime() - begun;
  }

  @Override
  public void close() {
    // nothing is open
  }
}
