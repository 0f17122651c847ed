package io.asynctx.models.platform;

import io.asynctx.models.EmulatedFunction;
import io.asynctx.models.ioat.IoatModel;
import io.asynctx.models.ioat.IoatProfile;
import io.asynctx.models.ioat.IoatSettings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plugs one emulated I/OAT function in per factory configuration {@value #PID}{@code ~NAME}, if
 * that says {@code dma.emulated=true}. Latency and faults change while it is plugged in; a change
 * of what it is pulls it out and plugs another in.
 *
 * <p>Threading: DS alone.
 */
@Component(
    service = {},
    immediate = true,
    configurationPid = EmulatedIoat.PID,
    configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = EmulatedIoat.Config.class, factory = true)
@Capability(
    namespace = "osgi.service",
    attribute = "objectClass:List<String>=\"io.asynctx.dmaengine.bus.PciFunction\"")
public final class EmulatedIoat {
  static final String PID = "io.asynctx.models.ioat";

  private static final Logger LOG = LoggerFactory.getLogger(EmulatedIoat.class);

  /** The number at the end of a configuration's name. */
  private static final Pattern NUMBER = Pattern.compile("([0-9]{1,2})$");

  private static final int SLOTS = 32;

  /** Configuration of one function. */
  @ObjectClassDefinition(
      name = "AsyncTX emulated I/OAT",
      description = "an I/OAT function that is a model; for tests and drills, never for speed")
  @interface Config {
    /** Whether it is wanted. */
    @AttributeDefinition(name = "Emulated", description = "must be true: who wants a model says so")
    boolean dma_emulated() default false;

    /** Which part. */
    @AttributeDefinition(
        name = "Profile",
        description = "which part it is",
        options = {
          @Option(label = "Skylake-SP, 3.2", value = "skx"),
          @Option(label = "Ice Lake-SP, 3.4", value = "icx"),
          @Option(label = "3.4 with XOR and P/Q", value = "raid"),
          @Option(label = "Broadwell-DE class, 3.3", value = "bwd")
        })
    String profile() default "raid";

    /** How many channels. */
    @AttributeDefinition(
        name = "Channels",
        description = "how many channels",
        min = "1",
        max = "" + IoatSettings.MAX_CHANNELS)
    int channels() default 1;

    /** How long an idle channel waits. */
    @AttributeDefinition(
        name = "Latency",
        description = "how long an idle channel waits before it starts, in microseconds",
        min = "0")
    long latencyMicros() default 0;

    /** Completions in one. */
    @AttributeDefinition(
        name = "Coalesce",
        description = "one completion for all that was done in one go")
    boolean coalesce() default false;

    /** What it does wrong. */
    @AttributeDefinition(
        name = "Faults",
        description = "what it does wrong: NAME[:after=N][:every=N][:times=N]")
    String[] faults() default {};

    /** Where it is. */
    @AttributeDefinition(
        name = "Address",
        description =
            "where it is plugged in, e.g. ffff:00:03.0; empty: by the number at the end of the"
                + " configuration's name")
    String address() default "";
  }

  private final BundleContext context;
  private IoatSettings settings;
  private String address;
  private @Nullable IoatModel model;
  private @Nullable PluggedFunction plugged;

  /**
   * Called by DS.
   *
   * @param context of this bundle
   * @param config what was configured
   * @param properties the same, and the configuration's name
   * @throws IllegalArgumentException if a value is not allowed, naming it
   */
  @Activate
  public EmulatedIoat(BundleContext context, Config config, Map<String, Object> properties) {
    this.context = context;
    final String name = String.valueOf(properties.get(Constants.SERVICE_PID));
    try {
      settings = settings(config);
      address = address(config, name);
      apply(config, name);
    } catch (IllegalArgumentException e) {
      LOG.error("emulated device refused: configuration={}, {}", name, e.getMessage());
      throw e;
    }
  }

  private static IoatSettings settings(Config config) {
    return new IoatSettings(
        IoatProfile.of(config.profile()),
        config.channels(),
        false,
        TimeUnit.MICROSECONDS.toNanos(config.latencyMicros()),
        config.coalesce());
  }

  /** In a domain that no machine has. */
  private static String address(Config config, String name) {
    if (!config.address().isEmpty()) {
      return config.address();
    }
    final Matcher number = NUMBER.matcher(name);
    final int slot =
        number.find() ? Integer.parseInt(number.group(1)) : Math.floorMod(name.hashCode(), SLOTS);
    return "ffff:%02x:%02x.0".formatted(slot / SLOTS, slot % SLOTS);
  }

  private void apply(Config config, String name) {
    if (!config.dma_emulated()) {
      LOG.warn(
          "emulated device not plugged in: configuration={}, dma.emulated=false; set it to true",
          name);
      unplug();
      return;
    }
    final IoatModel running = model;
    final IoatModel tuned;
    if (running == null || running.gone()) {
      unplug();
      tuned = new IoatModel(settings);
    } else {
      tuned = running;
    }
    try {
      tune(tuned, config);
    } catch (IllegalArgumentException e) {
      if (tuned != running) {
        tuned.close();
      }
      throw e;
    }
    if (tuned != running) {
      plug(tuned, name);
    }
  }

  private static void tune(IoatModel model, Config config) {
    model.faults().clear();
    List.of(config.faults()).forEach(model.faults()::on);
    model.latencyNanos(TimeUnit.MICROSECONDS.toNanos(config.latencyMicros()));
    model.coalesce(config.coalesce());
  }

  private void plug(IoatModel made, String name) {
    final Map<String, Object> extra = new HashMap<>();
    extra.put(Constants.SERVICE_DESCRIPTION, "emulated I/OAT, configuration " + name);
    final PluggedFunction now =
        new PluggedFunction(context, new EmulatedFunction(made, address), extra);
    model = made;
    plugged = now;
    made.whenGone(now::vanished);
  }

  private void unplug() {
    final PluggedFunction before = plugged;
    plugged = null;
    model = null;
    if (before != null) {
      before.close();
    }
  }

  /**
   * Called by DS when the configuration changed.
   *
   * @param config what is configured now
   * @param properties the same, and the configuration's name
   * @throws IllegalArgumentException if a value is not allowed; it stays as it was then
   */
  @Modified
  void modified(Config config, Map<String, Object> properties) {
    final String name = String.valueOf(properties.get(Constants.SERVICE_PID));
    final IoatSettings wanted = settings(config);
    final String where = address(config, name);
    final boolean another =
        wanted.profile() != settings.profile()
            || wanted.channels() != settings.channels()
            || !where.equals(address);
    settings = wanted;
    address = where;
    if (another) {
      unplug();
    }
    apply(config, name);
  }

  /** Called by DS. Its driver has let go of it when this returns. */
  @Deactivate
  void deactivate() {
    unplug();
  }
}
