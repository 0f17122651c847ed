package io.asynctx.pci.vfio;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.asynctx.dmaengine.bus.BarWindow;
import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.DmaDirection;
import io.asynctx.dmaengine.bus.FunctionGoneException;
import io.asynctx.dmaengine.bus.PciFunction;
import io.asynctx.dmaengine.bus.PciIdentity;
import io.asynctx.dmaengine.driver.InterruptSource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A function that is opened through VFIO.
 *
 * <p>Threading: as {@link ClaimedFunction} says; the mappings have a lock of their own.
 */
final class VfioClaim implements ClaimedFunction {

  private static final Logger LOG = LoggerFactory.getLogger(VfioClaim.class);

  private static final int COMMAND = 4;
  private static final int COMMAND_MEMORY = 2;
  private static final int COMMAND_MASTER = 4;

  /** The least that a function must show of itself: its header. */
  private static final int HEADER_BYTES = 64;

  private static final ValueLayout.OfShort LE_SHORT =
      JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt LE_INT =
      JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final VfioFunction function;
  private final Presence presence;
  private final Groups groups;
  private final Group group;
  private final VfioDevice device;
  private final Windows windows;
  private final Interrupts interrupts;
  private final EventCounter request;
  private final Map<Long, Long> mappings = new HashMap<>();
  private volatile boolean closed;

  private VfioClaim(
      VfioFunction function,
      Presence presence,
      Groups groups,
      Group group,
      VfioDevice device,
      Windows windows,
      EventCounter request) {
    this.function = function;
    this.presence = presence;
    this.groups = groups;
    this.group = group;
    this.device = device;
    this.windows = windows;
    this.interrupts = new Interrupts(device);
    this.request = request;
  }

  /**
   * Opens it.
   *
   * @param function which
   * @param presence of the function
   * @param groups where its group is opened
   * @return with nothing mapped, no interrupt, and bus mastering off
   * @throws IllegalStateException if it cannot be opened, with the reason and the remedy
   */
  static VfioClaim open(VfioFunction function, Presence presence, Groups groups) {
    final PciIdentity who = function.identity();
    if (who.iommuGroup() < 0) {
      throw new IllegalStateException(
          "no IOMMU in front of it: function=" + who + "; " + Remedy.IOMMU);
    }
    final Undo undo = new Undo();
    try {
      final Group group = groups.enter(who);
      undo.add(() -> groups.leave(who, group));
      final VfioDevice device = VfioDevice.open(groups.kernel().calls(), group.device(who), who);
      undo.add(device::close);
      checkConfigSize(device);
      final Windows windows = new Windows();
      undo.add(windows::close);
      windows.map(device, presence);
      final EventCounter request = EventCounter.open(device.calls());
      undo.add(request::close);
      final VfioClaim claim =
          new VfioClaim(function, presence, groups, group, device, windows, request);
      claim.prepare();
      return claim;
    } catch (RuntimeException e) {
      undo.run();
      throw e;
    }
  }

  /** What has to be undone if a claim comes half way, the last first. */
  private static final class Undo {
    private final Deque<Runnable> steps = new ArrayDeque<>();

    void add(Runnable step) {
      steps.push(step);
    }

    void run() {
      steps.forEach(Runnable::run);
    }
  }

  private static void checkConfigSize(VfioDevice device) {
    if (device.configSize() < HEADER_BYTES) {
      throw new IllegalStateException(
          "configuration space cut short: function="
              + device.who()
              + ", bytes="
              + device.configSize()
              + ", needed="
              + HEADER_BYTES
              + "; "
              + Remedy.REPORT);
    }
  }

  private void prepare() {
    device.reset();
    command(COMMAND_MEMORY, COMMAND_MASTER);
    if (device.vectors(Vfio.REQUEST) > 0) {
      device.setIrqs(Vfio.REQUEST, new int[] {request.fd()});
    }
  }

  private void command(int set, int clear) {
    writeConfig16(COMMAND, readConfig16(COMMAND) & ~clear | set);
  }

  /**
   * Signalled when the host wants the function back.
   *
   * @return good until close
   */
  EventCounter request() {
    return request;
  }

  /** Makes every interrupt source return once. */
  void wake() {
    interrupts.wake();
  }

  private void open() {
    if (closed) {
      throw new IllegalStateException("claim closed: function=" + function.identity());
    }
  }

  private void present() {
    open();
    if (presence.gone()) {
      throw new FunctionGoneException(function.identity());
    }
  }

  @Override
  public PciFunction function() {
    open();
    return function;
  }

  @Override
  public boolean gone() {
    return presence.gone();
  }

  @Override
  public int configSize() {
    open();
    return device.configSize();
  }

  private void checkConfig(int offset, int width) {
    open();
    if (offset < 0 || offset > device.configSize() - width) {
      throw new IndexOutOfBoundsException(
          "outside of configuration space: function="
              + function.identity()
              + ", offset="
              + offset
              + ", width="
              + width
              + ", size="
              + device.configSize());
    }
    if ((offset & width - 1) != 0) {
      throw new IllegalArgumentException(
          "configuration register not aligned: function="
              + function.identity()
              + ", offset="
              + offset
              + ", width="
              + width);
    }
  }

  /** All ones if it is gone. */
  private int readConfig(int offset, int width) {
    checkConfig(offset, width);
    try (Arena scratch = Arena.ofConfined()) {
      final MemorySegment bytes = scratch.allocate(Integer.BYTES, Integer.BYTES);
      if (presence.gone() || !device.readConfig(bytes.asSlice(0, width), offset)) {
        return -1;
      }
      return switch (width) {
        case 1 -> bytes.get(JAVA_BYTE, 0);
        case 2 -> bytes.get(LE_SHORT, 0);
        default -> bytes.get(LE_INT, 0);
      };
    }
  }

  private void writeConfig(int offset, int width, int value) {
    checkConfig(offset, width);
    if (presence.gone()) {
      return;
    }
    try (Arena scratch = Arena.ofConfined()) {
      final MemorySegment bytes = scratch.allocate(Integer.BYTES, Integer.BYTES);
      bytes.set(LE_INT, 0, value);
      device.writeConfig(bytes.asSlice(0, width), offset);
    }
  }

  @Override
  public int readConfig8(int offset) {
    return readConfig(offset, 1) & 0xff;
  }

  @Override
  public int readConfig16(int offset) {
    return readConfig(offset, 2) & 0xffff;
  }

  @Override
  public int readConfig32(int offset) {
    return readConfig(offset, 4);
  }

  @Override
  public void writeConfig8(int offset, int value) {
    writeConfig(offset, 1, value);
  }

  @Override
  public void writeConfig16(int offset, int value) {
    writeConfig(offset, 2, value);
  }

  @Override
  public void writeConfig32(int offset, int value) {
    writeConfig(offset, 4, value);
  }

  @Override
  public BarWindow bar(int index) {
    open();
    return windows.get(index);
  }

  @Override
  public long dmaPageSize() {
    open();
    return group.page();
  }

  @Override
  public long mapDma(MemorySegment memory, DmaDirection direction) {
    present();
    if (!memory.isNative() || memory.byteSize() == 0) {
      throw new IllegalArgumentException(
          "memory not mappable: function="
              + function.identity()
              + ", native="
              + memory.isNative()
              + ", bytes="
              + memory.byteSize()
              + "; give native memory of at least one byte");
    }
    final long page = group.page();
    final long inPage = memory.address() & page - 1;
    final long size = inPage + memory.byteSize() + page - 1 & -page;
    final int flags =
        switch (direction) {
          case TO_DEVICE -> Vfio.MAY_READ;
          case FROM_DEVICE -> Vfio.MAY_WRITE;
          case BOTH -> Vfio.MAY_READ | Vfio.MAY_WRITE;
        };
    synchronized (mappings) {
      open();
      final long iova = group.map(function.identity(), memory.address() - inPage, size, flags);
      mappings.put(iova + inPage, size);
      return iova + inPage;
    }
  }

  @Override
  public void unmapDma(long iova) {
    synchronized (mappings) {
      open();
      final Long size = mappings.remove(iova);
      if (size == null) {
        throw new IllegalArgumentException(
            "no mapping: function="
                + function.identity()
                + ", iova="
                + Long.toHexString(iova)
                + "; give what mapDma returned");
      }
      group.unmap(iova & -group.page(), size);
    }
  }

  @Override
  public int interruptVectors() {
    open();
    return interrupts.vectors();
  }

  @Override
  public void enableInterrupts(int count) {
    present();
    interrupts.enable(count);
    if (presence.gone()) {
      interrupts.wake(); // it left meanwhile, and there was nobody to be woken
    }
  }

  @Override
  public void disableInterrupts() {
    open();
    interrupts.disable();
  }

  @Override
  public InterruptSource interrupt(int vector) {
    open();
    return interrupts.source(vector);
  }

  @Override
  public boolean reset() {
    open();
    if (presence.gone()) {
      return false;
    }
    interrupts.disable();
    final boolean done = device.reset();
    // The kernel puts the command register back as it was.
    command(COMMAND_MEMORY, COMMAND_MASTER);
    return done;
  }

  @Override
  public void close() {
    synchronized (mappings) {
      if (closed) {
        return;
      }
      if (!presence.gone()) {
        command(0, COMMAND_MASTER);
      }
      interrupts.disable();
      if (!presence.gone()) {
        device.reset();
      }
      closed = true;
      unmapAll();
    }
    interrupts.close();
    windows.close();
    device.close();
    request.close();
    groups.leave(function.identity(), group);
    function.released();
  }

  private void unmapAll() {
    mappings.forEach((iova, size) -> {
      try {
        group.unmap(iova & -group.page(), size);
      } catch (IllegalStateException e) {
        // The kernel ends it at the latest with the container.
        LOG.error("mapping left to the kernel: function={}", function.identity(), e);
      }
    });
    mappings.clear();
  }
}
