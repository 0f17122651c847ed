package io.asynctx.models;

import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.FunctionBusyException;
import io.asynctx.dmaengine.bus.FunctionGoneException;
import io.asynctx.dmaengine.bus.PciFunction;
import io.asynctx.dmaengine.bus.PciIdentity;
import org.jspecify.annotations.Nullable;

/**
 * A model as a function of a bus in this JVM. It says that it is emulated wherever it is asked.
 *
 * <p>Threading: any thread. Lock order: this, then the claim, then the model.
 */
public final class EmulatedFunction implements PciFunction, AutoCloseable {
  /** Most mappings unless said otherwise; as many as the Linux kernel grants a container. */
  public static final int DEFAULT_MAPPINGS = 65535;

  private static final int VENDOR = 0x00;
  private static final int DEVICE = 0x02;
  private static final int REVISION = 0x08;
  private static final int SUBSYSTEM_VENDOR = 0x2c;
  private static final int SUBSYSTEM_DEVICE = 0x2e;

  private final DeviceModel model;
  private final PciIdentity identity;
  private final int mappings;
  private @Nullable EmulatedClaim claim;
  private @Nullable String owner;

  /**
   * Puts a model on the bus.
   *
   * @param model closed by {@link #close}
   * @param address where, e.g. {@code 0000:00:04.0}
   */
  public EmulatedFunction(DeviceModel model, String address) {
    this(model, address, -1, DEFAULT_MAPPINGS);
  }

  /**
   * Puts a model on the bus.
   *
   * @param model closed by {@link #close}
   * @param address where, e.g. {@code 0000:00:04.0}
   * @param numaNode -1 if unknown
   * @param mappings most DMA mappings at a time
   */
  public EmulatedFunction(DeviceModel model, String address, int numaNode, int mappings) {
    this.model = model;
    this.mappings = mappings;
    final int revisionAndClass = model.configRead(REVISION, 4);
    identity =
        new PciIdentity(
            address,
            model.configRead(VENDOR, 2),
            model.configRead(DEVICE, 2),
            model.configRead(SUBSYSTEM_VENDOR, 2),
            model.configRead(SUBSYSTEM_DEVICE, 2),
            revisionAndClass >>> 8,
            revisionAndClass & 0xff,
            numaNode,
            -1);
    model.whenGone(this::wakeClaim);
  }

  @Override
  public PciIdentity identity() {
    return identity;
  }

  @Override
  public boolean emulated() {
    return true;
  }

  @Override
  public synchronized ClaimedFunction claim(String newOwner) {
    if (model.gone()) {
      throw new FunctionGoneException(identity);
    }
    if (owner != null) {
      throw new FunctionBusyException(identity, owner);
    }
    final EmulatedClaim taken = new EmulatedClaim(this, model, mappings);
    model.attach(taken);
    claim = taken;
    owner = newOwner;
    return taken;
  }

  @Override
  public synchronized @Nullable String owner() {
    return owner;
  }

  @Override
  public boolean gone() {
    return model.gone();
  }

  /** Pulls it out of the bus. Its claim, if there is one, stays to be closed by its owner. */
  @Override
  public void close() {
    model.vanish();
    model.close();
  }

  /** The claim was closed. */
  synchronized void released() {
    claim = null;
    owner = null;
  }

  private void wakeClaim() {
    final EmulatedClaim waiting;
    synchronized (this) {
      waiting = claim;
    }
    if (waiting != null) {
      waiting.wake();
    }
  }

  @Override
  public String toString() {
    return identity + " emulated";
  }
}
