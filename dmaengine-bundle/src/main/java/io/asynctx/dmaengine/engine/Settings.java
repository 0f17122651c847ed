package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.dto.AssignmentDTO;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators set while the engine runs: its policy and its assignments. Kept in the engine's
 * own configuration, so that a restart finds it again, then in force at once. Each change is logged
 * with who made it, and what it was before.
 *
 * <p>Threading: any thread; one change at a time.
 */
final class Settings {

  private static final Logger LOG = LoggerFactory.getLogger(Settings.class);
  private static final String POLICY = "policy";
  private static final String ASSIGN = "assign";

  private final Engine engine;
  private final Supplier<@Nullable ConfigurationAdmin> configurations;

  Settings(Engine engine, Supplier<@Nullable ConfigurationAdmin> configurations) {
    this.engine = engine;
    this.configurations = configurations;
  }

  private Assignments current() {
    final Operator operator = engine.operator();
    return operator == null ? Assignments.NONE : operator.assignments();
  }

  List<AssignmentDTO> assignments() {
    engine.checkRunning();
    return current().dtos();
  }

  /** See {@link io.asynctx.dmaengine.admin.DmaAdmin#assign}. */
  synchronized AssignmentDTO assign(String operation, String rule, String target, String by) {
    engine.checkRunning();
    final DmaCap op = Assignments.operation(operation);
    final Assignments.Assignment next =
        new Assignments.Assignment(
            op,
            Assignments.Order.of(rule),
            Assignments.filter(filter(target)),
            by,
            System.currentTimeMillis());
    final Assignments.Assignment before = current().exactly(op);
    keep(ASSIGN, current().with(next).toString());
    audit("assignment", by, before == null ? "" : before.words(), next.words());
    return next.dto();
  }

  /** See {@link io.asynctx.dmaengine.admin.DmaAdmin#unassign}. */
  synchronized boolean unassign(String operation, String by) {
    engine.checkRunning();
    final DmaCap op = Assignments.operation(operation);
    final Assignments.Assignment before = current().exactly(op);
    if (before == null) {
      return false;
    }
    keep(ASSIGN, current().without(op).toString());
    audit("assignment", by, before.words(), "");
    return true;
  }

  String policy() {
    engine.checkRunning();
    return words();
  }

  private String words() {
    final Operator operator = engine.operator();
    return operator == null ? "" : operator.policyText();
  }

  /** See {@link io.asynctx.dmaengine.admin.DmaAdmin#policy(String, String)}. */
  synchronized void policy(String words, String by) {
    engine.checkRunning();
    final String next = Operator.policy(words).text();
    final String before = words();
    keep(POLICY, next);
    audit("policy", by, before, next);
  }

  private void audit(String what, String by, String before, String after) {
    LOG.info(
        "{} changed: engine={}, by={}, from=[{}], to=[{}]", what, engine.name(), by, before, after);
  }

  /** A target as a filter over channel properties. */
  private String filter(String target) {
    if (target.startsWith("(")) {
      return target;
    }
    for (ProviderKind kind : ProviderKind.values()) {
      if (kind.toString().equalsIgnoreCase(target)) {
        return filter(kind);
      }
    }
    final List<String> known = new ArrayList<>();
    for (Device device : engine.devices()) {
      known.add(device.name());
      if (device.name().equals(target)) {
        return equal(DmaConstants.DEVICE, target);
      }
      for (ChannelSlot slot : device.slots()) {
        known.add(slot.name);
        if (slot.name.equals(target)) {
          return equal(DmaConstants.CHANNEL, target);
        }
      }
    }
    throw new IllegalArgumentException(
        "no such channel, device or kind: target="
            + target
            + ", known="
            + known
            + ", kinds="
            + List.of(ProviderKind.values())
            + "; give a filter for one that is not there yet, e.g. (dma.device="
            + target
            + ')');
  }

  private static String filter(ProviderKind kind) {
    return switch (kind) {
      case HARDWARE -> '(' + DmaConstants.HARDWARE + "=true)";
      case EMULATED -> '(' + DmaConstants.EMULATED + "=true)";
      case SOFTWARE ->
          "(&(" + DmaConstants.HARDWARE + "=false)(" + DmaConstants.EMULATED + "=false))";
      case SYNCHRONOUS -> equal(DmaConstants.CHANNEL, kind.toString());
    };
  }

  private static String equal(String property, String value) {
    return '(' + property + '=' + value.replaceAll("[\\\\*()]", "\\\\$0") + ')';
  }

  /** First kept, then in force; the component's own update follows, and changes nothing more. */
  private void keep(String key, String value) {
    try {
      final Configuration kept = configuration();
      final Dictionary<String, Object> properties = kept.getProperties();
      final Dictionary<String, Object> next = properties == null ? new Hashtable<>() : properties;
      if (value.isEmpty()) {
        next.remove(key);
      } else {
        next.put(key, value);
      }
      kept.update(next);
    } catch (IOException e) {
      throw new IllegalStateException(
          "configuration cannot be written: engine=" + engine.name() + ", " + key + '=' + value, e);
    }
    engine.said(key.equals(POLICY) ? value : null, key.equals(ASSIGN) ? value : null);
  }

  private Configuration configuration() throws IOException {
    final ConfigurationAdmin admin = configurations.get();
    if (admin == null) {
      throw new IllegalStateException(
          "cannot be kept, there is no Configuration Admin: engine="
              + engine.name()
              + "; start one, e.g. org.apache.felix.configadmin");
    }
    final List<Configuration> own = new ArrayList<>();
    for (Configuration one : all(admin)) {
      final Dictionary<String, Object> properties = one.getProperties();
      final Object name = properties == null ? null : properties.get(DmaConstants.ENGINE);
      if (engine.name().equals(name == null ? DmaConstants.DEFAULT_ENGINE : name.toString())) {
        own.add(one);
      }
    }
    if (own.size() != 1) {
      throw new IllegalStateException(
          "cannot be kept, the engine needs one configuration: engine="
              + engine.name()
              + ", configurations="
              + own.stream().map(Configuration::getPid).toList()
              + ", factory="
              + DmaConstants.ENGINE_PID);
    }
    return own.getFirst();
  }

  private static List<Configuration> all(ConfigurationAdmin admin) throws IOException {
    try {
      final Configuration[] all =
          admin.listConfigurations(
              "(|(service.factoryPid="
                  + DmaConstants.ENGINE_PID
                  + ")(service.pid="
                  + DmaConstants.ENGINE_PID
                  + "))");
      return all == null ? List.of() : List.of(all);
    } catch (InvalidSyntaxException e) {
      throw new AssertionError("a constant filter does not parse", e);
    }
  }
}
