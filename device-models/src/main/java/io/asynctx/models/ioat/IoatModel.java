package io.asynctx.models.ioat;

import io.asynctx.models.Access;
import io.asynctx.models.AccessLog;
import io.asynctx.models.ConfigSpace;
import io.asynctx.models.DeviceModel;
import io.asynctx.models.DmaPort;
import io.asynctx.models.ModelHost;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * An Intel I/OAT function that behaves: configuration space, registers, channels that work through
 * chains of descriptors, completions, interrupts, and, by switches, faults. Its facts come from the
 * register descriptions and from recordings of the Linux and DPDK drivers.
 *
 * <p>Threading: any thread. Registers and channels are guarded by one lock, which is held for no
 * access to memory. The synchronous model works on the thread that rings the doorbell.
 *
 * <pre>
 *  field              guarded by
 *  registers, config  lock
 *  channels           lock, see there
 *  host, gone, closed volatile; written under lock
 *  latency, coalesce  volatile
 * </pre>
 */
public final class IoatModel implements DeviceModel {
  private static final int XFERCAP_LOG2 = 20;
  private static final int MASTER_ENABLE = 1 << 0;
  private static final int VECTOR_CONTROL = 1 << 3;
  private static final int INTERRUPT_STATUS = 1 << 1;
  private static final int STATUS_AND_ENABLE = 1 << 2;
  private static final int DELAY_MASK = 0x3fff;
  private static final int COALESCING_SUPPORTED = 1 << 15;
  private static final int FLR = 1 << 15;
  private static final int MAX_VIOLATIONS = 100;
  private static final long NEVER = Long.MAX_VALUE;

  private final Object lock = new Object();
  private final IoatSettings settings;
  private final IoatProfile profile;
  private final ConfigSpace config;
  private final IoatVectors vectors;
  private final byte[] plain = new byte[IoatConfig.BAR_BYTES];
  private final List<IoatChannel> channels = new ArrayList<>();
  private final Faults faults = new Faults();
  private final AccessLog log = new AccessLog();
  private final Map<Descriptor.Kind, Long> executed = new EnumMap<>(Descriptor.Kind.class);
  private final List<String> violations = new ArrayList<>();
  private final @Nullable Thread engine;

  private volatile ModelHost host = Unplugged.HOST;
  private volatile boolean gone;
  private volatile boolean closed;
  private volatile long latencyNanos;
  private volatile boolean coalesce;
  private @Nullable Runnable told;
  private boolean vanishes;
  private boolean shuffled;
  private int interruptControl;
  private int attention;
  private int delay;
  private int generalControl;

  /**
   * Powers a model on; it is plugged in nowhere.
   *
   * @param settings how it works
   */
  public IoatModel(IoatSettings settings) {
    this.settings = settings;
    profile = settings.profile();
    latencyNanos = settings.latencyNanos();
    coalesce = settings.coalesce();
    config = IoatConfig.of(profile, settings.channels());
    vectors = new IoatVectors(profile, config, plain);
    for (int i = 0; i < settings.channels(); i++) {
      final Execution execution = new Execution(profile, 1 << XFERCAP_LOG2, faults);
      channels.add(new IoatChannel(i, this, lock, execution));
    }
    if (settings.synchronous()) {
      engine = null;
    } else {
      engine = new Thread(this::serve, name() + "-model");
      engine.setDaemon(true);
      engine.start();
    }
  }

  @Override
  public String name() {
    return "ioat-" + profile.name().toLowerCase(Locale.ROOT);
  }

  /**
   * Its fault switches.
   *
   * @return live
   */
  public Faults faults() {
    return faults;
  }

  /**
   * What is done to it and what it does.
   *
   * @return live, off until started
   */
  public AccessLog log() {
    return log;
  }

  /**
   * How many descriptors it executed, extended ones not counted, since power-on.
   *
   * @return the number
   */
  public long descriptors() {
    synchronized (lock) {
      return executed.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  /**
   * How many descriptors of a kind it executed.
   *
   * @param kind in lower case: null, copy, fill, xor, xor_val, pq or pq_val
   * @return the number
   */
  public long descriptors(String kind) {
    synchronized (lock) {
      return executed.getOrDefault(Descriptor.Kind.valueOf(kind.toUpperCase(Locale.ROOT)), 0L);
    }
  }

  /**
   * Accesses that break a rule: wrong width, or a write to what is read-only. They had no effect.
   *
   * @return the first hundred, in words
   */
  public List<String> violations() {
    synchronized (lock) {
      return List.copyOf(violations);
    }
  }

  /**
   * Changes how long an idle channel waits before it starts. A synchronous model does not wait.
   *
   * @param nanos at least 0
   */
  public void latencyNanos(long nanos) {
    latencyNanos = settings.withLatencyNanos(nanos).latencyNanos();
  }

  /**
   * Changes whether one completion is written for all that could be done in one go.
   *
   * @param together whether they are coalesced
   */
  public void coalesce(boolean together) {
    coalesce = together;
  }

  @Override
  public long barSize(int bar) {
    return bar == 0 ? IoatConfig.BAR_BYTES : 0;
  }

  @Override
  public int vectors() {
    return channels.size();
  }

  @Override
  public void attach(ModelHost newHost) {
    host = newHost;
  }

  @Override
  public void detach() {
    reset();
    host = Unplugged.HOST;
  }

  @Override
  public long mmioRead(int bar, long offset, int width) {
    if (gone || bar != 0) {
      return -1L >>> 64 - 8 * width;
    }
    if (engine == null) {
      work(NEVER - 1); // what is late has come by the time somebody looks
    }
    synchronized (lock) {
      final Register register = Register.at(offset, channels.size());
      final long value;
      if (register != null && register.takes((int) (offset % Register.BLOCK_BYTES), width)) {
        value = read(register, offset, width);
      } else {
        value = readBytes(offset, width);
      }
      record(Access.Kind.MMIO_READ, register, offset, width, value, "");
      return value;
    }
  }

  private long read(Register register, long offset, int width) {
    final long whole = whole(register, Register.channel(offset));
    if (register == Register.ATTNSTATUS) {
      attention = 0;
    }
    final boolean high = width < register.width && offset % register.width != 0;
    final long value = high ? whole >>> 32 : whole;
    return width == 8 ? value : value & (1L << 8 * width) - 1;
  }

  private long whole(Register register, int channel) {
    if (register.ofChannel) {
      return channels.get(channel).read(register);
    }
    return switch (register) {
      case CHANCNT -> channels.size() + (shuffled ? 1 : 0);
      case XFERCAP -> XFERCAP_LOG2;
      case GENCTRL -> generalControl;
      case INTRCTRL -> interruptControl();
      case ATTNSTATUS -> attention;
      case CBVER -> shuffled ? 0x12 : profile.version;
      case INTRDELAY -> delay | COALESCING_SUPPORTED;
      case DMACAP -> shuffled ? 0 : profile.capabilities;
      default -> plain[register.offset] & 0xff;
    };
  }

  private int interruptControl() {
    final boolean enabled = (interruptControl & MASTER_ENABLE) != 0;
    final int status = attention == 0 ? 0 : INTERRUPT_STATUS | (enabled ? STATUS_AND_ENABLE : 0);
    return interruptControl | status;
  }

  /** An access that no register is made for: the bytes that lie there, without side effects. */
  private long readBytes(long offset, int width) {
    long value = 0;
    for (int i = 0; i < width; i++) {
      final long at = offset + i;
      final Register register = Register.at(at, channels.size());
      final long octet =
          register == null
              ? plain[(int) at]
              : whole(register, Register.channel(at))
                  >>> 8 * (at % Register.BLOCK_BYTES - register.offset);
      value |= (octet & 0xff) << 8 * i;
    }
    return value;
  }

  @Override
  public void mmioWrite(int bar, long offset, int width, long value) {
    if (gone || bar != 0) {
      return;
    }
    final boolean vanishing;
    synchronized (lock) {
      final Register register = Register.at(offset, channels.size());
      String note = "";
      if (register == null) {
        writeBytes(offset, width, value);
      } else if (!register.takes((int) (offset % Register.BLOCK_BYTES), width)) {
        note = "wrong width";
      } else if (!write(register, offset, width, value)) {
        note = "read-only";
      }
      record(Access.Kind.MMIO_WRITE, register, offset, width, value, note);
      vanishing = vanishes;
    }
    if (vanishing) {
      vanish();
    } else if (engine == null) {
      work(System.nanoTime());
    }
  }

  private void writeBytes(long offset, int width, long value) {
    if (vectors.pendingArray(offset)) {
      return;
    }
    for (int i = 0; i < width; i++) {
      plain[(int) offset + i] = (byte) (value >>> 8 * i);
    }
    vectors.deliver(host);
  }

  private boolean write(Register register, long offset, int width, long value) {
    switch (register) {
      case GENCTRL -> generalControl = (int) value & 1;
      case INTRCTRL -> interruptControl = (int) value & (MASTER_ENABLE | VECTOR_CONTROL);
      case INTRDELAY -> delay = (int) value & DELAY_MASK;
      case PREFLMT -> plain[register.offset] = (byte) value;
      case CHANCTRL, CHANCMD, CHAINADDR, CHANCMP, CHANERR, CHANERRMSK, DCACTRL ->
          channelWrite(register, offset, width, value);
      case DMACOUNT -> {
        vanishes |= faults.fires(Fault.VANISH);
        shuffled |= faults.fires(Fault.REGISTERS_CHANGE);
        channelWrite(register, offset, width, value);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private void channelWrite(Register register, long offset, int width, long value) {
    final boolean whole = width == register.width;
    final boolean low = whole || offset % register.width == 0;
    channels.get(Register.channel(offset)).write(register, value, low, whole || !low);
  }

  @Override
  public int configRead(int offset, int width) {
    if (gone) {
      return -1 >>> 32 - 8 * width;
    }
    synchronized (lock) {
      final int value = config.read(offset, width);
      record(Access.Kind.CONFIG_READ, null, offset, width, value & 0xffff_ffffL, "");
      return value;
    }
  }

  @Override
  public void configWrite(int offset, int width, int value) {
    if (gone) {
      return;
    }
    final boolean functionReset;
    synchronized (lock) {
      record(Access.Kind.CONFIG_WRITE, null, offset, width, value & 0xffff_ffffL, "");
      config.write(offset, width, value);
      functionReset = offset == IoatConfig.DEVICE_CONTROL && width > 1 && (value & FLR) != 0;
      vectors.deliver(host);
    }
    if (functionReset) {
      reset();
    }
  }

  @Override
  public void reset() {
    synchronized (lock) {
      event("FUNCTION RESET");
      rest();
      config.reset();
      Arrays.fill(plain, (byte) 0);
      interruptControl = 0;
      attention = 0;
      delay = 0;
      generalControl = 0;
      vectors.reset();
      channels.forEach(c -> c.clear(true));
    }
  }

  /** Stops all channels and waits until none touches memory. */
  private void rest() {
    channels.forEach(IoatChannel::abort);
    boolean interrupted = false;
    while (channels.stream().anyMatch(IoatChannel::executing)) {
      try {
        lock.wait();
      } catch (InterruptedException e) {
        interrupted = true; // an access on its way cannot be given up
      }
    }
    channels.forEach(c -> c.clear(false));
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public boolean gone() {
    return gone;
  }

  @Override
  public void vanish() {
    final Runnable listener;
    synchronized (lock) {
      if (gone) {
        return;
      }
      gone = true;
      event("GONE");
      rest();
      listener = told;
    }
    if (listener != null) {
      listener.run();
    }
  }

  @Override
  public void whenGone(Runnable listener) {
    final boolean already;
    synchronized (lock) {
      final Runnable before = told;
      told =
          before == null
              ? listener
              : () -> {
                before.run();
                listener.run();
              };
      already = gone;
    }
    if (already) {
      listener.run();
    }
  }

  @Override
  public void close() {
    vanish();
    closed = true;
    final Thread thread = engine;
    if (thread == null || thread == Thread.currentThread()) {
      return;
    }
    LockSupport.unpark(thread);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true; // it ends soon: nothing keeps it
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve() {
    while (!closed) {
      boolean worked = false;
      long due = NEVER;
      final long now = System.nanoTime();
      for (IoatChannel channel : channels) {
        worked |= channel.work(now);
        synchronized (lock) {
          due = Math.min(due, channel.dueAt());
        }
      }
      if (!worked) {
        final long wait = due == NEVER ? NEVER : due - System.nanoTime();
        if (wait > 0) {
          LockSupport.parkNanos(this, wait); // a wake before this makes it return at once
        }
      }
    }
  }

  /** Everything that is due at a time, on this thread. */
  private void work(long now) {
    for (IoatChannel channel : channels) {
      while (!gone && channel.work(Math.max(now, System.nanoTime()))) {}
    }
  }

  /** There is something for the engine to do. */
  void wake() {
    LockSupport.unpark(engine);
  }

  /** The way to memory, if the function may use it. */
  DmaPort port() {
    return vectors.busMaster() && !gone ? host : Unplugged.HOST;
  }

  boolean synchronous() {
    return engine == null;
  }

  long latencyNanos() {
    return engine == null ? 0 : latencyNanos;
  }

  boolean coalesces() {
    return coalesce;
  }

  long interruptDelayNanos() {
    return engine == null ? 0 : TimeUnit.MICROSECONDS.toNanos(delay);
  }

  void executed(Descriptor.Kind kind) {
    executed.merge(kind, 1L, Long::sum);
  }

  /** Errors of old parts also show in configuration space. */
  void mirror(int errors) {
    if (profile.mirrorsErrors()) {
      config.raise(IoatConfig.CHANERR_INT, 4, errors);
    }
  }

  void channelReset() {
    if (profile.forgetsVectors()) {
      vectors.forgetFirst();
    }
  }

  /** Notes that a channel wants attention; false if interrupts are off. */
  boolean attention(int channel) {
    attention |= 1 << channel;
    return (interruptControl & MASTER_ENABLE) != 0;
  }

  void interrupt(int channel) {
    final int vector = (interruptControl & VECTOR_CONTROL) != 0 ? channel : 0;
    if (log.on()) {
      event("IRQ " + vector);
    }
    vectors.raise(vector, host);
  }

  void event(String words) {
    if (log.on()) {
      log.add(new Access(Access.Kind.EVENT, 0, 0, words, 0, ""));
    }
  }

  private void record(
      Access.Kind kind,
      @Nullable Register register,
      long offset,
      int width,
      long value,
      String note) {
    if (!note.isEmpty() && violations.size() < MAX_VIOLATIONS) {
      violations.add(access(kind, register, offset, width, value, note).toString());
    }
    if (log.on()) {
      log.add(access(kind, register, offset, width, value, note));
    }
  }

  private Access access(
      Access.Kind kind,
      @Nullable Register register,
      long offset,
      int width,
      long value,
      String note) {
    final String label =
        register == null
            ? IoatConfig.label(offset, profile)
            : register.label(
                Register.channel(offset), (int) (offset % Register.BLOCK_BYTES), width);
    return new Access(kind, offset, width, label, value, note);
  }
}
