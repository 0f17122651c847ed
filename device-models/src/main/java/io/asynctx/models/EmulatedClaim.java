package io.asynctx.models;

import io.asynctx.dmaengine.bus.BarWindow;
import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.DmaDirection;
import io.asynctx.dmaengine.bus.FunctionGoneException;
import io.asynctx.dmaengine.bus.PciFunction;
import io.asynctx.dmaengine.driver.InterruptSource;
import java.lang.foreign.MemorySegment;

/**
 * The claim of an {@link EmulatedFunction}, and the host its model is plugged into.
 *
 * <p>Threading: as {@link ClaimedFunction} says; {@code sources} and {@code closed} are read by the
 * model's threads too, so they are volatile, and replaced whole.
 */
final class EmulatedClaim implements ClaimedFunction, ModelHost {
  private static final int BARS = 6;
  private static final int COMMAND = 0x04;
  private static final int BUS_MASTER = 1 << 2;
  private static final int CAPABILITIES = 0x34;
  private static final int MAX_CAPABILITIES = 48;
  private static final int MSIX_ID = 0x11;
  private static final int MSIX_CONTROL = 2;
  private static final int MSIX_TABLE = 4;
  private static final int MSIX_ENABLE = 1 << 15;
  private static final int ENTRY_BYTES = 16;

  /** Where interrupt messages go on the machines these devices are built for. */
  private static final int MESSAGE_ADDRESS = 0xfee00000;

  private final EmulatedFunction function;
  private final DeviceModel model;
  private final DmaWindows memory;
  private final int msix;
  private final BarWindow[] bars = new BarWindow[BARS];
  private volatile VectorSource[] sources = {};
  private volatile boolean closed;

  EmulatedClaim(EmulatedFunction function, DeviceModel model, int mappings) {
    this.function = function;
    this.model = model;
    memory = new DmaWindows(mappings);
    msix = msix(model);
    for (int i = 0; i < BARS; i++) {
      bars[i] = new EmulatedBar(this, model, i);
    }
  }

  @Override
  public PciFunction function() {
    return function;
  }

  @Override
  public boolean gone() {
    return model.gone();
  }

  @Override
  public int configSize() {
    checkOpen();
    return EXTENDED_CONFIG_BYTES;
  }

  @Override
  public int readConfig8(int offset) {
    return config(offset, 1);
  }

  @Override
  public int readConfig16(int offset) {
    return config(offset, 2);
  }

  @Override
  public int readConfig32(int offset) {
    return config(offset, 4);
  }

  private int config(int offset, int width) {
    checkConfig(offset, width);
    return model.configRead(offset, width);
  }

  @Override
  public void writeConfig8(int offset, int value) {
    checkConfig(offset, 1);
    model.configWrite(offset, 1, value);
  }

  @Override
  public void writeConfig16(int offset, int value) {
    checkConfig(offset, 2);
    model.configWrite(offset, 2, value);
  }

  @Override
  public void writeConfig32(int offset, int value) {
    checkConfig(offset, 4);
    model.configWrite(offset, 4, value);
  }

  private void checkConfig(int offset, int width) {
    checkOpen();
    if (offset < 0 || offset > ConfigSpace.BYTES - width) {
      throw new IndexOutOfBoundsException(
          "outside configuration space: function=%s, offset=0x%x, width=%d, size=%d; it ends there"
              .formatted(function.identity(), offset, width, ConfigSpace.BYTES));
    }
    if (offset % width != 0) {
      throw new IllegalArgumentException(
          "offset is no multiple of the width: function=%s, offset=0x%x, width=%d; use another width"
              .formatted(function.identity(), offset, width));
    }
  }

  @Override
  public BarWindow bar(int index) {
    checkOpen();
    if (index < 0 || index >= BARS) {
      throw new IndexOutOfBoundsException(
          "no such base address register: function="
              + function.identity()
              + ", index="
              + index
              + "; there are 0 to 5");
    }
    return bars[index];
  }

  @Override
  public long dmaPageSize() {
    checkOpen();
    return DmaWindows.PAGE_BYTES;
  }

  @Override
  public long mapDma(MemorySegment segment, DmaDirection direction) {
    checkOpen();
    checkThere();
    if (!segment.isNative() || segment.byteSize() == 0) {
      throw new IllegalArgumentException(
          "memory cannot be mapped: function="
              + function.identity()
              + ", native="
              + segment.isNative()
              + ", size="
              + segment.byteSize()
              + "; use a native segment of at least one byte");
    }
    return memory.map(segment, direction, function.identity().toString());
  }

  @Override
  public void unmapDma(long iova) {
    checkOpen();
    if (!memory.unmap(iova)) {
      throw new IllegalArgumentException(
          "no mapping at this address: function=%s, iova=0x%x; pass what mapDma returned, once"
              .formatted(function.identity(), iova));
    }
  }

  @Override
  public int interruptVectors() {
    checkOpen();
    return model.vectors();
  }

  @Override
  public void enableInterrupts(int count) {
    checkOpen();
    checkThere();
    if (count < 1 || count > model.vectors()) {
      throw new IllegalArgumentException(
          "vector count out of range: function="
              + function.identity()
              + ", count="
              + count
              + ", min=1, max="
              + model.vectors());
    }
    if (sources.length > 0) {
      throw new IllegalStateException(
          "interrupts are enabled already: function="
              + function.identity()
              + ", count="
              + sources.length
              + "; disable them first");
    }
    final VectorSource[] enabled = new VectorSource[count];
    for (int i = 0; i < count; i++) {
      enabled[i] = new VectorSource();
    }
    sources = enabled;
    final int table = model.configRead(msix + MSIX_TABLE, 4);
    for (int i = 0; i < count; i++) {
      final long entry = (table & ~7L) + (long) i * ENTRY_BYTES;
      model.mmioWrite(table & 7, entry, 4, MESSAGE_ADDRESS);
      model.mmioWrite(table & 7, entry + 4, 4, 0);
      model.mmioWrite(table & 7, entry + 8, 4, i);
      model.mmioWrite(table & 7, entry + 12, 4, 0);
    }
    model.configWrite(msix + MSIX_CONTROL, 2, MSIX_ENABLE);
  }

  /** Where the MSI-X capability is; bounded, for a function that is gone links to nowhere. */
  private static int msix(DeviceModel model) {
    int at = model.configRead(CAPABILITIES, 1);
    for (int i = 0; i < MAX_CAPABILITIES && model.configRead(at, 1) != MSIX_ID; i++) {
      at = model.configRead(at + 1 & 0xff, 1);
    }
    return at;
  }

  @Override
  public void disableInterrupts() {
    checkOpen();
    disable();
  }

  private void disable() {
    final VectorSource[] enabled = sources;
    sources = new VectorSource[0];
    if (enabled.length > 0) {
      model.configWrite(msix + MSIX_CONTROL, 2, 0);
    }
    for (VectorSource source : enabled) {
      source.disable();
    }
  }

  @Override
  public InterruptSource interrupt(int vector) {
    checkOpen();
    final VectorSource[] enabled = sources;
    if (vector < 0 || vector >= enabled.length) {
      throw new IndexOutOfBoundsException(
          "vector is not enabled: function="
              + function.identity()
              + ", vector="
              + vector
              + ", enabled="
              + enabled.length
              + "; call enableInterrupts first");
    }
    return enabled[vector];
  }

  @Override
  public boolean reset() {
    checkOpen();
    if (model.gone()) {
      return false;
    }
    disable();
    model.reset();
    return true;
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      final int command = model.configRead(COMMAND, 2);
      model.configWrite(COMMAND, 2, command & ~BUS_MASTER);
      disable();
      model.detach();
      memory.unmapAll();
      closed = true;
    }
    function.released();
  }

  /** The model vanished: whoever waits shall look. */
  void wake() {
    for (VectorSource source : sources) {
      source.raise();
    }
  }

  void checkOpen() {
    if (closed) {
      throw new IllegalStateException(
          "claim is closed: function=" + function.identity() + "; claim the function again");
    }
  }

  private void checkThere() {
    if (model.gone()) {
      throw new FunctionGoneException(function.identity());
    }
  }

  @Override
  public boolean read(long iova, byte[] to, int length) {
    return memory.read(iova, to, length);
  }

  @Override
  public boolean write(long iova, byte[] from, int length) {
    return memory.write(iova, from, length);
  }

  @Override
  public boolean writeLong(long iova, long value) {
    return memory.writeLong(iova, value);
  }

  @Override
  public void raiseVector(int vector) {
    final VectorSource[] enabled = sources;
    if (vector < enabled.length) {
      enabled[vector].raise();
    }
  }
}
