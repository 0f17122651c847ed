package io.asynctx.tester;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.ChainBuilder;
import io.asynctx.async.Policy;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.ChannelGoneException;
import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.DescriptorSnapshot;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaContextException;
import io.asynctx.dmaengine.DmaEngine;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.DmaStateClient;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.Provenance;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.StaleDescriptorException;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.dmaengine.dto.BufferDTO;
import io.asynctx.dmaengine.dto.ChannelDTO;
import io.asynctx.dmaengine.dto.ClientDTO;
import io.asynctx.dmaengine.dto.DeviceDTO;
import io.asynctx.dmaengine.dto.EngineDTO;
import io.asynctx.dmaengine.dto.ExplanationDTO;
import io.asynctx.dmaengine.dto.InvariantDTO;
import io.asynctx.dmaengine.dto.LeaseDTO;
import io.asynctx.dmaengine.dto.OperationDTO;
import io.asynctx.dmaengine.dto.RemovalDTO;
import io.asynctx.memory.BufferInUseException;
import io.asynctx.memory.DmaBuffer;
import io.asynctx.memory.DmaBuffers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An engine for tests: one lock, two workers, scalar arithmetic of its own, the rules of the API
 * about handles, acknowledgement, callbacks and buffers checked hard. A breach is kept in {@link
 * #breaches}.
 */
final class FakeEngine implements AsyncTx, DmaBuffers, DmaInspector, DmaEngine, AutoCloseable {

  static final String DRIVER = "io.asynctx.driver.soft";

  final List<String> breaches = new ArrayList<>();
  final Set<FakeBuffer> open = new HashSet<>();
  final List<RemovalDTO> removals = new ArrayList<>();
  final Set<String> devices = new HashSet<>(Set.of("soft0"));

  /** Changes the result of an operation about to end. */
  UnaryOperator<TransferResult> results = r -> r;

  /** Whether an operation is run wrongly: one byte it wrote is changed, or its answer. */
  Predicate<DmaCap> wrong = c -> false;

  /** Whether an operation never ends. */
  Predicate<DmaCap> stuck = c -> false;

  boolean callbackLost;
  long operationNanos;
  boolean stopped;
  String version = "1.0.0";
  boolean serving = true;
  long submitted;

  private final Map<Long, Op> ops = new LinkedHashMap<>();
  private final Deque<Op> ready = new ArrayDeque<>();
  private final Map<DmaClient, String> clients = new HashMap<>();
  private final Map<DmaClient, List<DmaChannel>> leases = new HashMap<>();
  private final List<Thread> workers = new ArrayList<>();
  private final ThreadLocal<Boolean> inCallback = ThreadLocal.withInitial(() -> false);
  private int running;
  private final AtomicLong nextHandle = new AtomicLong(100);
  private boolean closed;

  FakeEngine() {
    for (int i = 0; i < 2; i++) {
      final int channel = i;
      workers.add(Thread.ofPlatform().daemon().start(() -> work(channel)));
    }
  }

  Engine services() {
    return new Engine("default", this, this, this, this, () -> {});
  }

  private final class Op {
    final long handle = nextHandle.getAndIncrement();
    final DmaCap cap;
    final List<MemorySegment> memory = new ArrayList<>();
    final Runnable work;
    final List<Op> children = new ArrayList<>();
    final @Nullable MemorySegment written;
    final @Nullable SumCheck answer;
    int parents = 1;
    boolean acknowledged;
    boolean displaced;
    @Nullable CompletionCallback callback;
    @Nullable Object parameter;
    @Nullable TransferResult result;
    boolean calledBack;
    String channel = "";
    ProviderKind kind = ProviderKind.SOFTWARE;
    String ranBy = "";

    Op(
        DmaCap cap,
        Runnable work,
        @Nullable MemorySegment written,
        @Nullable SumCheck answer,
        MemorySegment... memory) {
      this.cap = cap;
      this.work = work;
      this.written = written;
      this.answer = answer;
      for (MemorySegment m : memory) {
        if (m != null) {
          this.memory.add(m);
        }
      }
    }
  }

  private void work(int channel) {
    while (true) {
      final Op op;
      synchronized (this) {
        while (!closed && (!serving || ready.isEmpty())) {
          await();
        }
        if (closed) {
          return;
        }
        op = ready.remove();
        running++;
        op.channel = "soft0/" + channel;
        op.ranBy = version;
      }
      if (stuck.test(op.cap)) {
        continue;
      }
      if (operationNanos > 0) {
        LockSupport.parkNanos(operationNanos);
      }
      execute(op);
      end(op);
      synchronized (this) {
        running--;
        notifyAll();
      }
    }
  }

  @SuppressWarnings("WaitNotInLoop") // its callers loop
  private void await() {
    try {
      wait(1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void execute(Op op) {
    op.work.run();
    if (wrong.test(op.cap)) {
      if (op.written != null) {
        op.written.set(JAVA_BYTE, 0, (byte) (op.written.get(JAVA_BYTE, 0) ^ 1));
      } else if (op.answer != null) {
        op.answer.set(op.answer.flags() ^ SumCheck.P_WRONG);
      }
    }
  }

  private void end(Op op) {
    final CompletionCallback callback;
    synchronized (this) {
      op.result = results.apply(TransferResult.NO_ERROR);
      for (Op child : op.children) {
        release(child);
      }
      callback = op.callback;
      notifyAll();
    }
    if (callback != null && !callbackLost) {
      inCallback.set(true);
      try {
        callback.completed(op.handle, op.result, op.parameter);
      } catch (RuntimeException e) {
        breach("callback threw: " + e);
      } finally {
        inCallback.set(false);
      }
    }
    synchronized (this) {
      op.calledBack = true;
      recycle(op);
      notifyAll();
    }
  }

  private synchronized void breach(String what) {
    breaches.add(what);
  }

  private void recycle(Op op) {
    if (op.result != null && op.calledBack && op.acknowledged) {
      ops.remove(op.handle);
      notifyAll();
    }
  }

  private void release(Op op) {
    if (--op.parents == 0) {
      ready.add(op);
      notifyAll();
    }
  }

  /** The driver's bundle was stopped. */
  synchronized void leave() {
    final int queued = ready.size();
    final int inFlight = running;
    final long began = System.currentTimeMillis();
    serving = false;
    ready.forEach(o -> o.displaced = true);
    while (running > 0) {
      await();
    }
    removals.add(
        new RemovalDTO(
            "soft0", DRIVER, version, began, queued, inFlight, inFlight, queued, 0, 0, 0, 1000,
            List.of(), List.of()));
  }

  /** The driver's bundle was started. */
  synchronized void come(String withVersion) {
    version = withVersion;
    serving = true;
    notifyAll();
  }

  private long submit(Op op, SubmitControl control) {
    final boolean synchronous;
    synchronized (this) {
      if (inCallback.get()) {
        throw new DmaContextException("submission in a callback");
      }
      if (stopped) {
        throw new EngineStoppedException("engine stopped: engine=default");
      }
      submitted++;
      op.callback = control.callback();
      op.parameter = control.parameter();
      op.acknowledged = (control.flags() & AsyncTxFlags.ACK) != 0;
      for (int i = 0; i < control.dependencyCount(); i++) {
        final Op parent = op(control.dependency(i));
        if (parent.acknowledged) {
          throw new IllegalStateException("parent acknowledged already: " + parent.handle);
        }
        if (parent.result == null) {
          op.parents++;
          parent.children.add(op);
        }
        if ((control.flags() & AsyncTxFlags.DEP_ACK) != 0) {
          parent.acknowledged = true;
          recycle(parent);
        }
      }
      ops.put(op.handle, op);
      synchronous = !serving && op.parents == 1;
      if (!synchronous) {
        release(op);
      }
    }
    if (synchronous) {
      op.kind = ProviderKind.SYNCHRONOUS;
      op.channel = "synchronous";
      execute(op);
      end(op);
    }
    return op.handle;
  }

  private synchronized Op op(long handle) {
    final Op op = ops.get(handle);
    if (op == null) {
      throw new StaleDescriptorException("stale: handle=" + handle);
    }
    return op;
  }

  private Op memcpyOp(MemorySegment dest, MemorySegment src, long len) {
    return new Op(
        DmaCap.MEMCPY, () -> MemorySegment.copy(src, 0, dest, 0, len), dest, null, dest, src);
  }

  @Override
  public long memcpy(MemorySegment dest, MemorySegment src, long len, SubmitControl submit) {
    return submit(memcpyOp(dest, src, len), submit);
  }

  private Op memsetOp(MemorySegment dest, byte value, long len) {
    return new Op(DmaCap.MEMSET, () -> dest.asSlice(0, len).fill(value), dest, null, dest);
  }

  @Override
  public long memset(MemorySegment dest, byte value, long len, SubmitControl submit) {
    return submit(memsetOp(dest, value, len), submit);
  }

  private Op xorOp(MemorySegment dest, MemorySegment[] srcs, int count, long len) {
    final MemorySegment[] all = Arrays.copyOf(srcs, count + 1);
    all[count] = dest;
    return new Op(DmaCap.XOR, () -> xor(dest, Arrays.copyOf(all, count), len), dest, null, all);
  }

  // A source listed twice adds nothing; what is left is added word by word.
  private static void xor(MemorySegment dest, MemorySegment[] srcs, long len) {
    final Map<Long, MemorySegment> odd = new LinkedHashMap<>();
    for (MemorySegment s : srcs) {
      if (odd.remove(s.address()) == null) {
        odd.put(s.address(), s);
      }
    }
    final MemorySegment[] left = odd.values().toArray(MemorySegment[]::new);
    long i = 0;
    for (; i + 8 <= len; i += 8) {
      long sum = 0;
      for (MemorySegment s : left) {
        sum ^= s.get(JAVA_LONG_UNALIGNED, i);
      }
      dest.set(JAVA_LONG_UNALIGNED, i, sum);
    }
    for (; i < len; i++) {
      byte sum = 0;
      for (MemorySegment s : left) {
        sum ^= s.get(JAVA_BYTE, i);
      }
      dest.set(JAVA_BYTE, i, sum);
    }
  }

  @Override
  public long xor(
      MemorySegment dest, MemorySegment[] srcs, int count, long len, SubmitControl submit) {
    final boolean drop = (submit.flags() & AsyncTxFlags.XOR_DROP_DST) != 0;
    if (drop != (srcs[0].address() == dest.address())) {
      throw new IllegalArgumentException("XOR_DROP_DST and srcs[0] disagree");
    }
    return submit(xorOp(dest, srcs, count, len), submit);
  }

  private Op xorValOp(MemorySegment[] srcs, int count, long len, @Nullable SumCheck result) {
    final MemorySegment[] all = Arrays.copyOf(srcs, count);
    return new Op(
        DmaCap.XOR_VAL,
        () -> {
          int found = 0;
          for (long i = 0; i < len; i++) {
            byte sum = 0;
            for (MemorySegment s : all) {
              sum ^= s.get(JAVA_BYTE, i);
            }
            found |= sum == 0 ? 0 : SumCheck.P_WRONG;
          }
          result.set(found);
        },
        null,
        result,
        all);
  }

  @Override
  public long xorVal(
      MemorySegment[] srcs, int count, long len, @Nullable SumCheck result, SubmitControl submit) {
    return submit(xorValOp(srcs, count, len, result), submit);
  }

  // Horner from the highest disk, as the kernel's software does.
  private static int q(MemorySegment[] blocks, int data, long i) {
    int q = 0;
    for (int d = data - 1; d >= 0; d--) {
      q = (q << 1) ^ ((q & 0x80) != 0 ? 0x11d : 0);
      q ^= blocks[d].get(JAVA_BYTE, i) & 0xff;
    }
    return q & 0xff;
  }

  private static int p(MemorySegment[] blocks, int data, long i) {
    int p = 0;
    for (int d = 0; d < data; d++) {
      p ^= blocks[d].get(JAVA_BYTE, i) & 0xff;
    }
    return p;
  }

  private Op pqOp(MemorySegment[] given, int disks, long len) {
    final MemorySegment[] blocks = Arrays.copyOf(given, disks);
    return new Op(
        DmaCap.PQ,
        () -> {
          for (long i = 0; i < len; i++) {
            blocks[disks - 2].set(JAVA_BYTE, i, (byte) p(blocks, disks - 2, i));
            blocks[disks - 1].set(JAVA_BYTE, i, (byte) q(blocks, disks - 2, i));
          }
        },
        blocks[disks - 1],
        null,
        blocks);
  }

  @Override
  public long pq(@Nullable MemorySegment[] blocks, int disks, long len, SubmitControl submit) {
    return submit(pqOp(blocks, disks, len), submit);
  }

  private Op pqValOp(MemorySegment[] given, int disks, long len, @Nullable SumCheck result) {
    final MemorySegment[] blocks = Arrays.copyOf(given, disks);
    return new Op(
        DmaCap.PQ_VAL,
        () -> {
          int found = 0;
          for (long i = 0; i < len; i++) {
            found |=
                (blocks[disks - 2].get(JAVA_BYTE, i) & 0xff) == p(blocks, disks - 2, i)
                    ? 0
                    : SumCheck.P_WRONG;
            found |=
                (blocks[disks - 1].get(JAVA_BYTE, i) & 0xff) == q(blocks, disks - 2, i)
                    ? 0
                    : SumCheck.Q_WRONG;
          }
          result.set(found);
        },
        null,
        result,
        blocks);
  }

  @Override
  public long pqVal(
      @Nullable MemorySegment[] blocks,
      int disks,
      long len,
      @Nullable SumCheck result,
      SubmitControl submit) {
    return submit(pqValOp(blocks, disks, len, result), submit);
  }

  // By trying all values of the lower lost block: slow, and beyond doubt.
  private Op recoveryOp(MemorySegment[] given, int disks, long len, int a, int b) {
    final MemorySegment[] blocks = Arrays.copyOf(given, disks);
    final int data = disks - 2;
    final int[][] powers = new int[data][256];
    for (int d = 0; d < data; d++) {
      for (int v = 0; v < 256; v++) {
        int product = v;
        for (int i = 0; i < d; i++) {
          product = (product << 1) ^ ((product & 0x80) != 0 ? 0x11d : 0);
        }
        powers[d][v] = product & 0xff;
      }
    }
    return new Op(
        DmaCap.RAID6_RECOV,
        () -> {
          for (long i = 0; i < len; i++) {
            blocks[a].set(JAVA_BYTE, i, (byte) 0);
            blocks[b].set(JAVA_BYTE, i, (byte) 0);
            final int dq = q(blocks, data, i) ^ blocks[data + 1].get(JAVA_BYTE, i) & 0xff;
            final int dp = p(blocks, data, i) ^ blocks[data].get(JAVA_BYTE, i) & 0xff;
            for (int v = 0; v < 256; v++) {
              final int other = b < data ? powers[b][v ^ dp] : 0;
              if ((powers[a][v] ^ other) == dq) {
                blocks[a].set(JAVA_BYTE, i, (byte) v);
                if (b < data) {
                  blocks[b].set(JAVA_BYTE, i, (byte) (v ^ dp));
                }
                break;
              }
            }
            if (b == data) {
              blocks[b].set(JAVA_BYTE, i, (byte) p(blocks, data, i));
            }
          }
        },
        blocks[a],
        null,
        blocks);
  }

  @Override
  public long raid6TwoDataRecovery(
      @Nullable MemorySegment[] blocks,
      int disks,
      long len,
      int failedA,
      int failedB,
      SubmitControl submit) {
    return submit(recoveryOp(blocks, disks, len, failedA, failedB), submit);
  }

  @Override
  public long raid6DataAndPRecovery(
      @Nullable MemorySegment[] blocks, int disks, long len, int failed, SubmitControl submit) {
    return submit(recoveryOp(blocks, disks, len, failed, disks - 2), submit);
  }

  @Override
  public long triggerCallback(SubmitControl submit) {
    return submit(new Op(DmaCap.INTERRUPT, () -> {}, null, null), submit);
  }

  @Override
  public synchronized void ack(long descriptor) {
    final Op op = op(descriptor);
    op.acknowledged = true;
    recycle(op);
  }

  @Override
  public DmaStatus status(long descriptor) {
    final TransferResult result = op(descriptor).result;
    return result == null ? DmaStatus.IN_PROGRESS : result.status();
  }

  @Override
  public synchronized DescriptorSnapshot describe(long descriptor) {
    final Op op = op(descriptor);
    final boolean sync = op.kind == ProviderKind.SYNCHRONOUS;
    return new DescriptorSnapshot(
        op.handle,
        "fake",
        op.cap,
        0,
        "tester",
        op.result == null ? "QUEUED" : "DONE",
        status(descriptor),
        op.result,
        0,
        0,
        op.acknowledged,
        op.result == TransferResult.NO_ERROR ? "" : "planned",
        new Provenance(
            op.kind,
            op.channel,
            sync ? "cpu" : "soft0",
            sync ? "io.asynctx.dmaengine" : DRIVER,
            sync ? "1.0.0" : op.ranBy,
            1,
            op.displaced,
            List.of(),
            List.of(op.channel),
            -1,
            -1));
  }

  @Override
  public synchronized WaitResult waitFor(long descriptor, Duration timeout) {
    final Op op = op(descriptor);
    if (op.acknowledged) {
      throw new IllegalStateException("waiting for an acknowledged operation");
    }
    final long deadline = System.nanoTime() + timeout.toNanos();
    while (op.result == null) {
      final long millis = (deadline - System.nanoTime()) / 1_000_000;
      if (millis <= 0) {
        return WaitResult.TIMED_OUT;
      }
      try {
        wait(millis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return WaitResult.TIMED_OUT;
      }
    }
    return op.result == TransferResult.NO_ERROR ? WaitResult.COMPLETE : WaitResult.ERROR;
  }

  @Override
  public WaitResult quiesce(long descriptor, Duration timeout) {
    final WaitResult result = waitFor(descriptor, timeout);
    ack(descriptor);
    return result;
  }

  @Override
  public void issuePending(long descriptor) {}

  @Override
  public void issuePendingAll() {}

  @Override
  public ChainBuilder chain(String name) {
    throw new UnsupportedOperationException("not in tests");
  }

  final class FakeBuffer implements DmaBuffer {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;

    FakeBuffer(long bytes, long alignment) {
      segment = arena.allocate(bytes, alignment);
      synchronized (FakeEngine.this) {
        open.add(this);
      }
    }

    @Override
    public MemorySegment segment() {
      return segment;
    }

    @Override
    public long byteSize() {
      return segment.byteSize();
    }

    private boolean named() {
      return ops.values().stream()
          .filter(o -> o.result == null)
          .flatMap(o -> o.memory.stream())
          .anyMatch(m ->
              m.address() < segment.address() + segment.byteSize()
                  && segment.address() < m.address() + m.byteSize());
    }

    @Override
    public void close() {
      synchronized (FakeEngine.this) {
        if (named()) {
          breach("buffer closed under an operation");
          throw new BufferInUseException("in use");
        }
        open.remove(this);
      }
    }

    @Override
    public void closeWhenIdle() {
      synchronized (FakeEngine.this) {
        if (!named()) {
          open.remove(this);
        }
      }
    }
  }

  @Override
  public DmaBuffer allocate(long bytes) {
    return allocate(bytes, DEFAULT_ALIGNMENT);
  }

  @Override
  public DmaBuffer allocate(long bytes, long alignment) {
    return new FakeBuffer(bytes, alignment);
  }

  @Override
  public EngineDTO engine() {
    throw new UnsupportedOperationException("not in tests");
  }

  @Override
  public synchronized List<DeviceDTO> devices() {
    return devices.stream()
        .filter(d -> serving || !d.equals("soft0"))
        .map(d ->
            new DeviceDTO(
                d,
                "software",
                DRIVER,
                version,
                "serving",
                2,
                List.of("MEMCPY"),
                -1,
                List.of(d + "/0", d + "/1")))
        .toList();
  }

  @Override
  public synchronized List<ChannelDTO> channels() {
    if (!serving) {
      return List.of();
    }
    return List.of(channel("soft0/0"), channel("soft0/1"));
  }

  private ChannelDTO channel(String channel) {
    return new ChannelDTO(
        channel,
        "soft0",
        "software",
        DRIVER,
        version,
        "ACTIVE",
        List.of("MEMCPY"),
        64,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        "",
        false,
        List.of());
  }

  @Override
  public synchronized List<ClientDTO> clients() {
    final List<ClientDTO> all = new ArrayList<>();
    final List<String> ofAsyncTx = serving ? List.of("soft0/0", "soft0/1") : List.of();
    all.add(client("async_tx", "async_tx", ofAsyncTx));
    clients.forEach((client, name) ->
        all.add(client(name, "call", leases.get(client).stream().map(DmaChannel::name).toList())));
    return all;
  }

  private static ClientDTO client(String name, String via, List<String> channels) {
    return new ClientDTO(
        name,
        "tester",
        via,
        List.of(),
        "",
        true,
        "",
        false,
        0,
        channels.stream().map(c -> new ClientDTO.Lease(c, false, 0)).toList());
  }

  @Override
  public List<OperationDTO> operations(int most) {
    return List.of();
  }

  @Override
  public synchronized List<RemovalDTO> removals() {
    return List.copyOf(removals);
  }

  @Override
  public List<LeaseDTO> leases() {
    return List.of();
  }

  @Override
  public List<BufferDTO> buffers() {
    return List.of();
  }

  @Override
  public ExplanationDTO explain(DmaCap operation, long length, int sources, Policy policy) {
    return new ExplanationDTO(
        operation.name(), length, sources, policy.text(), "synchronous", List.of());
  }

  @Override
  public List<InvariantDTO> invariants() {
    return List.of();
  }

  @Override
  public List<String> audit() {
    return List.of();
  }

  @Override
  public String name() {
    return "default";
  }

  @Override
  public synchronized void register(DmaClient client, Map<String, ?> properties) {
    clients.put(client, String.valueOf(properties.get("dma.client.name")));
    leases.put(client, new ArrayList<>());
  }

  @Override
  public void requestChannels(DmaClient client) {
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          for (int i = 0; i < 2; i++) {
            final DmaChannel channel = new FakeChannel(this, "soft0/" + i);
            final DmaStateClient answer = client.event(channel, DmaState.AVAILABLE);
            if (answer == DmaStateClient.ACK) {
              synchronized (this) {
                leases.get(client).add(channel);
              }
            }
          }
        });
  }

  @Override
  public synchronized void unregister(DmaClient client) {
    clients.remove(client);
    leases.remove(client);
  }

  synchronized int clientCount() {
    return clients.size();
  }

  @Override
  public @Nullable DmaChannel requestExclusive(
      DmaClient client, DmaCaps wanted, @Nullable String filter) {
    return null;
  }

  @Override
  public void release(DmaClient client, DmaChannel channel) {}

  private final Map<Long, SubmitControl> prepared = new ConcurrentHashMap<>();
  private final Map<Long, Op> preparedOps = new ConcurrentHashMap<>();
  boolean gone;

  private synchronized long prepare(Op op) {
    if (gone) {
      throw new ChannelGoneException("channel gone: channel=soft0/0");
    }
    prepared.put(op.handle, new SubmitControl());
    preparedOps.put(op.handle, op);
    return op.handle;
  }

  long prepMemcpy(MemorySegment dst, MemorySegment src, long len) {
    return prepare(memcpyOp(dst, src, len));
  }

  long prepMemset(MemorySegment dst, byte value, long len) {
    return prepare(memsetOp(dst, value, len));
  }

  long prepXor(MemorySegment dst, MemorySegment[] srcs, int count, long len) {
    return prepare(xorOp(dst, srcs, count, len));
  }

  long prepXorVal(MemorySegment[] srcs, int count, long len, @Nullable SumCheck result) {
    return prepare(xorValOp(srcs, count, len, result));
  }

  long prepPq(@Nullable MemorySegment[] blocks, int disks, long len) {
    return prepare(pqOp(blocks, disks, len));
  }

  long prepPqVal(@Nullable MemorySegment[] blocks, int disks, long len, @Nullable SumCheck result) {
    return prepare(pqValOp(blocks, disks, len, result));
  }

  long prepRecovery(@Nullable MemorySegment[] blocks, int disks, long len, int a, int b) {
    return prepare(recoveryOp(blocks, disks, len, Math.min(a, b), Math.max(a, b)));
  }

  long prepInterrupt() {
    return prepare(new Op(DmaCap.INTERRUPT, () -> {}, null, null));
  }

  void dependsOn(long child, long parent) {
    prepared.get(child).after(parent);
  }

  void callback(long descriptor, @Nullable CompletionCallback callback, @Nullable Object param) {
    prepared.get(descriptor).callback(callback, param);
  }

  long submit(long descriptor) {
    return submit(preparedOps.remove(descriptor), prepared.remove(descriptor));
  }

  void abandon(long descriptor) {
    preparedOps.remove(descriptor);
    prepared.remove(descriptor);
  }

  /**
   * Descriptors neither ended and acknowledged nor given back. Waits a little: a slot is recycled
   * after its callback has returned.
   */
  synchronized int live() {
    final long deadline = System.nanoTime() + 2_000_000_000L;
    while (!ops.isEmpty() && System.nanoTime() - deadline < 0) {
      await();
    }
    return ops.size() + preparedOps.size();
  }

  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
  }
}
