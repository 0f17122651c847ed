package io.asynctx.dmaengine.engine;

import io.asynctx.async.OnSuspend;
import io.asynctx.async.Rule;
import io.asynctx.dmaengine.TransferResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Filter;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;

/**
 * Which channel an operation goes to: at first, when its channel closes, and when it was displaced.
 *
 * <pre>
 *  field    written by                 mode      read by    mode
 *  table    adder, remover, own lock   volatile  choosers   volatile
 *  filters  parsers                    concurrent map
 * </pre>
 */
final class Routing {

  private static final long SIFT_NANOS = 250_000_000;

  private final Map<String, Filter> filters = new ConcurrentHashMap<>();
  private volatile Channel[] table = {};
  private final Engine engine;

  Routing(Engine engine) {
    this.engine = engine;
  }

  /**
   * Puts a QUEUED operation where it can run: its channel, another, or among the
   * engine.displaced().
   */
  void place(Descriptor d, boolean issue) {
    Channel channel = d.channel;
    if (channel == null
        || !channel.accepts()
        || !lentTo(d, channel)
        || keptOff(engine.operator(), d, channel)) {
      channel = choose(d, null);
    } else if (!channel.active() && d.policy.onSuspend() == OnSuspend.MOVE) {
      final Channel other = choose(d, channel);
      if (other != null) {
        d.reason("passed over " + channel.name + " (" + channel.state() + ')');
        channel = other;
      }
    }
    if (channel == null) {
      engine.displaced().add(d);
    } else {
      publish(d, channel, issue);
    }
  }

  /**
   * Gives a QUEUED operation to a channel; if that closes meanwhile, to another, and so on. If it
   * is suspended meanwhile, whoever suspends it finds the operation, or is seen here, as at the
   * gate.
   */
  void publish(Descriptor d, Channel channel, boolean issue) {
    final boolean moves = channel.active() && d.policy.onSuspend() == OnSuspend.MOVE;
    d.queuedOn(channel);
    if (channel.publish(d)) {
      if (moves && !channel.active()) {
        moveMovable(channel);
      }
      if (issue) {
        channel.issuePending();
      }
    } else {
      sweep(channel);
    }
  }

  /**
   * Takes what lies in the queue of a closing channel elsewhere. Iterative: a channel it goes to
   * may close, too. What is moved is issued.
   */
  void sweep(Channel closing) {
    moveLate(closing.takePending(), closing);
  }

  /** Moves what came out of a closing channel after its remover had looked. */
  void moveLate(@Nullable Descriptor first, Channel closing) {
    final Removal removal = closing.device.removal;
    moveAll(first, closing, removal == null ? null : removal.lateMoved());
  }

  /** Moves a linked list of QUEUED descriptors off a channel. */
  void moveAll(@Nullable Descriptor first, Channel from, @Nullable LongAdder moved) {
    Descriptor work = first;
    Channel touched = null;
    while (work != null) {
      final Descriptor d = work;
      work = d.next;
      d.next = null;
      if (moved != null && d.channel == from) {
        moved.increment();
      }
      d.reason("moved off " + from.name + " (" + from.state() + ')');
      if ((d.word() & Descriptor.CANCELLED) != 0) {
        engine.endings().endUnrun(d, TransferResult.CANCELLED, "cancelled by its owner");
        continue;
      }
      d.given = false;
      Channel to = choose(d, from);
      if (to == null && d.piece.started() && d.repeatable()) {
        d.restart(); // no other device's limits allow to go on in the middle
        to = choose(d, from);
      }
      if (to == null) {
        engine.displaced().add(d);
        continue;
      }
      d.queuedOn(to);
      if (!to.publish(d)) {
        work = join(to.takePending(), work);
      }
      if (touched != null && touched != to) {
        touched.issuePending();
      }
      touched = to;
    }
    if (touched != null) {
      touched.issuePending();
    }
  }

  private static @Nullable Descriptor join(@Nullable Descriptor list, @Nullable Descriptor tail) {
    if (list == null) {
      return tail;
    }
    Descriptor last = list;
    while (last.next != null) {
      last = last.next;
    }
    last.next = tail;
    return list;
  }

  /** The channels that take work, best ranked first. */
  Channel[] table() {
    return table;
  }

  /**
   * The channel for an operation that has none: active, able, allowed, least loaded of the best.
   */
  @Nullable Channel choose(Descriptor d, @Nullable Channel except) {
    Channel best = null;
    for (Channel channel : table) {
      if (channel != except
          && channel != d.avoid
          && channel.active()
          && d.refusal(channel) == null
          && d.piece.resumable(channel.limits)
          && allowed(d, channel)
          && (best == null || Wish.better(engine.operator(), d.policy, d.op, channel, best))) {
        best = channel;
      }
    }
    return best;
  }

  private boolean allowed(Descriptor d, Channel channel) {
    return Wish.wanted(engine.operator(), d.policy, d.op, channel)
        && lentTo(d, channel)
        && passes(d.policy.channelFilter(), channel.slot());
  }

  /** Whether the operator keeps an operation off a channel, whatever its client says. */
  private static boolean keptOff(@Nullable Operator operator, Descriptor d, Channel channel) {
    return operator != null && operator.standing(channel.slot(), d.op) == Rule.FORBID;
  }

  /**
   * The operator said something else: what is queued where it may not be any more moves, and what
   * was displaced is looked at again. What a device has begun it ends.
   */
  void reassign() {
    final Operator operator = engine.operator();
    for (Channel channel : table) {
      sift(channel, d -> d.piece.started() || !keptOff(operator, d, channel));
    }
    engine.displaced().channelArrived();
  }

  /** Whether a channel is shared, or lent to this operation's owner alone. */
  static boolean lentTo(Descriptor d, Channel channel) {
    final Lease exclusive = channel.slot().exclusive;
    return exclusive == null || exclusive.owner() == d.owner;
  }

  /** A channel was lent to one owner alone: what others have queued there moves. */
  void moveOthers(ChannelSlot slot, Owner owner) {
    final Channel channel = slot.channel();
    if (channel != null) {
      sift(channel, d -> d.owner == owner);
    }
  }

  /** A channel was suspended: what is queued moves, if its policy says so and another can do it. */
  long moveMovable(Channel channel) {
    return sift(channel, d -> d.policy.onSuspend() == OnSuspend.WAIT || choose(d, channel) == null);
  }

  /** What is queued on a channel moves, whatever its policy says, or is displaced. */
  long moveAllQueued(Channel channel) {
    return sift(channel, d -> false);
  }

  /** Moves what is queued on a channel, but for what stays; says how many moved. */
  private long sift(Channel channel, Predicate<Descriptor> stays) {
    if (!channel.takeIssueLock(System.nanoTime() + SIFT_NANOS)) {
      return 0;
    }
    Descriptor queued;
    try {
      queued = channel.takeUnpushed();
    } finally {
      channel.releaseIssueLock();
    }
    Descriptor others = null;
    long moved = 0;
    while (queued != null) {
      final Descriptor d = queued;
      queued = d.next;
      d.next = null;
      if (stays.test(d)) {
        back(d, channel);
      } else {
        d.next = others;
        others = d;
        moved++;
      }
    }
    moveAll(others, channel, null);
    return moved;
  }

  /** Into the queue it came from. */
  private void back(Descriptor d, Channel channel) {
    if (channel.publish(d)) {
      channel.issuePending();
    } else {
      sweep(channel);
    }
  }

  /** Whether a slot's properties match a filter; null matches all. */
  boolean passes(@Nullable String filter, ChannelSlot slot) {
    return filter == null || filter(filter).matches(slot.properties());
  }

  /**
   * Parses a filter.
   *
   * @throws IllegalArgumentException if it does not parse
   */
  Filter filter(String text) {
    final Filter known = filters.get(text);
    if (known != null) {
      return known;
    }
    try {
      final Filter parsed = FrameworkUtil.createFilter(text);
      if (filters.size() < 1024) {
        filters.put(text, parsed);
      }
      return parsed;
    } catch (InvalidSyntaxException e) {
      throw new IllegalArgumentException(
          "channel filter does not parse: filter=" + text + ", problem=" + e.getMessage(), e);
    }
  }

  void issuePendingAll() {
    for (Channel channel : table) {
      channel.issuePending();
    }
  }

  void addToTable(Channel channel) {
    synchronized (filters) {
      final List<Channel> all = new ArrayList<>(List.of(table));
      all.add(channel);
      all.sort(Comparator.comparingInt((Channel c) -> -c.device.ranking()));
      table = all.toArray(Channel[]::new);
    }
  }

  void removeFromTable(Channel channel) {
    synchronized (filters) {
      final List<Channel> all = new ArrayList<>(List.of(table));
      all.remove(channel);
      table = all.toArray(Channel[]::new);
    }
  }
}
