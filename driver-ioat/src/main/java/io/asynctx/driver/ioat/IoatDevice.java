package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.ChannelBusyException;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.PciFunction;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.InterruptSource;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One I/OAT function, claimed, whose every channel has passed its self-test.
 *
 * <pre>
 *  field       written by                          mode        read by  mode
 *  places[i]   who opens and closes channel i      under lock  same     under lock
 * </pre>
 *
 * <p>Threading: the describing methods by any thread; open and close of channels may meet.
 */
final class IoatDevice implements DmaDevice, IoatChannelHome, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IoatDevice.class);

  private final String name;
  private final ProviderKind kind;
  private final int numaNode;
  private final IoatFunction function;
  private final IoatGeneration generation;
  private final IoatTraits traits;
  private final DmaCaps capabilities;
  private final DeviceLimits limits;
  private final IoatClock clock;
  private final Object lock = new Object();
  private final Place[] places;

  /** One channel: who has it, and what an earlier one left behind that the hardware may use. */
  private static final class Place {
    @Nullable String opener;
    @Nullable IoatChannelOps channel;
    @Nullable IoatRing lost;
  }

  private IoatDevice(
      String name,
      PciFunction pci,
      IoatFunction function,
      IoatGeneration generation,
      IoatTraits traits,
      IoatSettings settings,
      IoatClock clock) {
    this.name = name;
    this.function = function;
    this.generation = generation;
    this.traits = traits;
    this.clock = clock;
    kind = pci.emulated() ? ProviderKind.EMULATED : ProviderKind.HARDWARE;
    numaNode = pci.identity().numaNode();
    capabilities = traits.caps();
    limits = traits.limits(settings.depth(), settings.batchThreshold());
    places = new Place[traits.channels()];
    for (int i = 0; i < places.length; i++) {
      places[i] = new Place();
    }
  }

  /**
   * A device ready to work.
   *
   * @param name of the device
   * @param pci of one of the generations driven
   * @return to be closed after its channels
   * @throws IoatUnusableException if the function gives no device, with the reason and the remedy
   */
  static IoatDevice open(String name, PciFunction pci, IoatSettings settings, IoatClock clock)
      throws IoatUnusableException {
    final IoatGeneration generation = IoatGeneration.of(pci.identity().device());
    if (generation == null || !generation.driven()) {
      throw new IoatUnusableException(
          "id not supported: function=" + pci.identity(), "nothing can be done");
    }
    final ClaimedFunction claim;
    try {
      claim = pci.claim(name);
    } catch (IllegalStateException e) {
      throw unusable(e);
    }
    IoatDevice device = null;
    try {
      final IoatFunction function = new IoatFunction(name, claim);
      final IoatTraits traits = IoatTraits.read(function.window(), generation);
      function.enable(traits.channels(), settings.interrupts(), settings.delayMicros());
      final IoatDevice made =
          new IoatDevice(name, pci, function, generation, traits, settings, clock);
      new IoatSelfTest(made, clock).run();
      LOG.info("I/OAT device: device={}, {}", name, made.description());
      device = made;
      return made;
    } catch (IllegalStateException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw unusable(e);
    } finally {
      if (device == null) {
        claim.close();
      }
    }
  }

  private static IoatUnusableException unusable(RuntimeException e) {
    final String message = String.valueOf(e.getMessage());
    final int remedy = message.indexOf("; ");
    return remedy < 0
        ? new IoatUnusableException(
            message, "reset or replace the device; it is looked at again when it comes back", e)
        : new IoatUnusableException(message.substring(0, remedy), message.substring(remedy + 2), e);
  }

  /** What it is, in one line. */
  String description() {
    return generation
        + ", "
        + traits
        + ", operations="
        + capabilities
        + ", "
        + (function.interrupting() ? "interrupts" : "polled");
  }

  /** What its registers say. */
  IoatTraits traits() {
    return traits;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public ProviderKind kind() {
    return kind;
  }

  @Override
  public int channels() {
    return places.length;
  }

  @Override
  public DmaCaps capabilities(int channel) {
    Objects.checkIndex(channel, channels());
    return capabilities;
  }

  @Override
  public DeviceLimits limits(int channel) {
    Objects.checkIndex(channel, channels());
    return limits;
  }

  @Override
  public int numaNode() {
    return numaNode;
  }

  @Override
  public ChannelOps open(int channel) {
    final Place place = places[Objects.checkIndex(channel, channels())];
    final String full = name + '/' + channel;
    synchronized (lock) {
      if (place.opener != null) {
        throw new ChannelBusyException(
            "channel is open already: channel="
                + full
                + ", opened by thread="
                + place.opener
                + "; close it there first");
      }
      place.opener = Thread.currentThread().getName();
    }
    boolean open = false;
    try {
      final IoatChannelOps ops = open(channel, full, place);
      synchronized (lock) {
        place.channel = ops;
      }
      open = true;
      return ops;
    } finally {
      if (!open) {
        synchronized (lock) {
          place.opener = null;
        }
      }
    }
  }

  private IoatChannelOps open(int channel, String full, Place place) {
    unchanged(full);
    final boolean interrupting = function.interrupting();
    final IoatBlock block = new IoatBlock(function.window(), channel);
    final IoatControl control = new IoatControl(full, function, traits, block, clock, interrupting);
    if (!control.reset(clock.nanoTime() + IoatControl.SUSPEND_NANOS + IoatControl.RESET_NANOS)) {
      throw control.failure("channel cannot be reset", "CHANCMD", block.command());
    }
    final IoatRing ring =
        IoatRing.make(
            function.claim(), traits.slots(limits.depth()), traits.wide() ? limits.depth() : 0);
    IoatChannelOps ops = null;
    try {
      final IoatMappings mappings = new IoatMappings(function.claim());
      final IoatChannelOps made =
          new IoatChannelOps(
              full,
              this,
              control,
              ring,
              mappings,
              new IoatEncoder(ring, traits, mappings, interrupting),
              limits.depth(),
              interrupting);
      started(made, ring, place);
      if (interrupting) {
        function.forgetInterrupts(channel);
      }
      ops = made;
      return made;
    } finally {
      if (ops == null && place.lost == null) {
        ring.close();
      }
    }
  }

  /** The channel was reset, so what an earlier one left behind is nobody's any more. */
  private void started(IoatChannelOps channel, IoatRing ring, Place place) {
    final IoatRing lost = place.lost;
    if (lost != null) {
      place.lost = null;
      lost.close();
    }
    try {
      channel.start(clock.nanoTime() + IoatControl.RESET_NANOS);
    } catch (IllegalStateException e) {
      place.lost = channel.quiet() ? null : ring;
      throw e;
    }
  }

  /** What a function says of itself does not change while it is the same, and there. */
  private void unchanged(String full) {
    final IoatTraits now;
    try {
      now = IoatTraits.read(function.window(), generation);
    } catch (IoatUnusableException e) {
      throw new IllegalStateException(
          "registers changed: channel=" + full + ", first=" + traits + ", now: " + e.getMessage(),
          e);
    }
    if (!now.equals(traits)) {
      throw new IllegalStateException(
          "registers changed: channel=" + full + ", first=" + traits + ", now=" + now);
    }
  }

  @Override
  public InterruptSource interrupts(IoatChannelOps channel, IoatControl control) {
    return new IoatInterrupts(function.claim(), index(channel), channel, control);
  }

  private int index(IoatChannelOps channel) {
    synchronized (lock) {
      for (int i = 0; i < places.length; i++) {
        if (places[i].channel == channel) {
          return i;
        }
      }
    }
    throw new IllegalStateException("channel is not open: device=" + name);
  }

  @Override
  public boolean resetFunction(IoatChannelOps channel) {
    synchronized (lock) {
      for (Place place : places) {
        if (place.opener != null && place.channel != channel) {
          return false;
        }
      }
      LOG.warn("whole function is reset, a channel of it could not be: device={}", name);
      return function.reset();
    }
  }

  @Override
  public void closed(IoatChannelOps channel, @Nullable IoatRing lost) {
    synchronized (lock) {
      for (Place place : places) {
        if (place.channel == channel) {
          place.channel = null;
          place.opener = null;
          place.lost = lost;
        }
      }
    }
  }

  /** Gives the function back. Its channels are closed; it touches no memory when this returns. */
  @Override
  public void close() {
    try {
      function.disable();
    } finally {
      function.claim().close();
      for (Place place : places) {
        final IoatRing lost = place.lost;
        if (lost != null) {
          place.lost = null;
          lost.forget();
        }
      }
    }
  }
}
