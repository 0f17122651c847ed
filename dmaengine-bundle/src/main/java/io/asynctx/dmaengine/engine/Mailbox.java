package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.DmaStateClient;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a client is told, in order, on one thread at a time, under no lock. Different clients are
 * told at the same time.
 */
final class Mailbox {

  private static final Logger LOG = LoggerFactory.getLogger(Mailbox.class);

  private final Engine engine;
  private final Client client;
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private boolean running;
  private volatile @Nullable Thread thread;
  private volatile long since;
  private volatile String lastFault = "";
  private boolean reported;

  Mailbox(Engine engine, Client client) {
    this.engine = engine;
    this.client = client;
  }

  /** Adds a task; it runs after those before it. */
  void post(Runnable task) {
    synchronized (tasks) {
      tasks.add(task);
      if (running) {
        return;
      }
      running = true;
    }
    try {
      engine.ledger().foreign().execute(this::run);
    } catch (RejectedExecutionException e) {
      synchronized (tasks) {
        tasks.clear();
        running = false;
        tasks.notifyAll();
      }
    }
  }

  private void run() {
    thread = Thread.currentThread();
    while (true) {
      final Runnable task;
      synchronized (tasks) {
        task = tasks.poll();
        if (task == null) {
          running = false;
          thread = null;
          tasks.notifyAll();
          return;
        }
      }
      try {
        task.run();
      } catch (Throwable e) {
        LOG.error("event could not be delivered: client={}", client.name(), e);
      }
    }
  }

  /** Whether the current thread is inside a task of this mailbox. */
  boolean here() {
    return thread == Thread.currentThread();
  }

  /** Waits until everything posted so far was delivered; false iff the time was up first. */
  boolean await(long deadlineNanos) {
    if (here()) {
      return true;
    }
    synchronized (tasks) {
      while (running) {
        final long left = deadlineNanos - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        try {
          tasks.wait(Math.max(1, left / 1_000_000));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return false;
        }
      }
      return true;
    }
  }

  /** Asks the client; whatever it does wrong counts as DUP. On this mailbox's thread. */
  DmaStateClient deliver(DmaClient callback, DmaChannel channel, DmaState state) {
    client.events.increment();
    since = System.nanoTime() | 1;
    try {
      final DmaStateClient answer = callback.event(channel, state);
      if (answer == null) {
        fault("client answered null: event=" + state + ", channel=" + channel.name(), null);
        return DmaStateClient.DUP;
      }
      return answer;
    } catch (Throwable e) {
      fault("client threw: event=" + state + ", channel=" + channel.name(), e);
      return DmaStateClient.DUP;
    } finally {
      since = 0;
      reported = false;
    }
  }

  private void fault(String what, @Nullable Throwable e) {
    lastFault = what + (e == null ? "" : ", exception=" + e) + "; taken as DUP";
    LOG.warn("{}: client={}", lastFault, client.name(), e);
  }

  /** Called by the watch: reports a client that takes too long, once per event. */
  void watch(long eventNanos) {
    final long began = since;
    if (began != 0 && System.nanoTime() - began > eventNanos && !reported) {
      reported = true;
      LOG.warn(
          "client does not return from its event: client={}, millis={}; others go on",
          client.name(),
          (System.nanoTime() - began) / 1_000_000);
    }
  }

  /** What it did wrong last; empty if nothing. */
  String problem() {
    final long began = since;
    if (began != 0) {
      final long millis = (System.nanoTime() - began) / 1_000_000;
      if (millis > engine.config().eventMillis()) {
        return "has not returned from its event for " + millis + " ms";
      }
    }
    return lastFault;
  }
}
