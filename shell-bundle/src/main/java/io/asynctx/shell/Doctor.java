package io.asynctx.shell;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.dmaengine.driver.DriverReport;
import io.asynctx.dmaengine.dto.BufferDTO;
import io.asynctx.dmaengine.dto.ChannelDTO;
import io.asynctx.dmaengine.dto.ClientDTO;
import io.asynctx.dmaengine.dto.DeviceDTO;
import io.asynctx.dmaengine.dto.EngineDTO;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Looks everything over. Works without an engine too: that is a finding. */
final class Doctor {

  /** Framework property of Declarative Services, in milliseconds, and its default. */
  static final String LOCK_TIMEOUT = "ds.lock.timeout.milliseconds";

  private static final long LOCK_TIMEOUT_DEFAULT = 5000;
  private static final long LOCK_TIMEOUT_MARGIN = 1000;
  private static final long OLD_MILLIS = 60_000;
  private static final long OLD_BUFFER_MILLIS = 600_000;
  private static final String LOCKED = "locked";
  private static final String DECORATED = "decorated";
  private static final int FEW_SLOTS_PERCENT = 10;
  private static final String VECTOR = "jdk.incubator.vector";

  private final Collection<DriverReport> reports;
  private final UnaryOperator<@Nullable String> property;
  private final boolean vector;
  private final List<Diagnosis> diagnoses = new ArrayList<>();

  /**
   * A doctor.
   *
   * @param property looks a framework property up; null if it is not set
   * @param vector whether the vector module is in the JVM
   */
  Doctor(
      Collection<DriverReport> reports, UnaryOperator<@Nullable String> property, boolean vector) {
    this.reports = reports;
    this.property = property;
    this.vector = vector;
  }

  static boolean vectorModule() {
    return ModuleLayer.boot().findModule(VECTOR).isPresent();
  }

  /**
   * The findings, engine first.
   *
   * @param inspector null if the engine is not there
   */
  List<Diagnosis> examine(String engine, @Nullable DmaInspector inspector) {
    if (inspector == null) {
      diagnoses.add(
          Diagnosis.problem(
              "engine " + engine, "engine stopped", "start its bundle; look at scr:list"));
    } else {
      engine(inspector.engine());
      devices(inspector.devices());
      channels(inspector.channels());
      buffers(inspector.buffers());
      clients(inspector.clients());
      audit(inspector.audit());
    }
    drivers();
    machine();
    return List.copyOf(diagnoses);
  }

  private void engine(EngineDTO engine) {
    final String subject = "engine " + engine.name();
    if (!engine.state().equals("ACTIVE")) {
      diagnoses.add(
          Diagnosis.problem(subject, "state " + engine.state(), "start its bundle or component"));
    } else {
      diagnoses.add(
          Diagnosis.ok(
              subject, "ACTIVE, " + count(engine.submitted(), "operation") + " submitted"));
    }
    if (engine.unacknowledged() > 0) {
      final String finding =
          count(engine.unacknowledged(), "descriptor")
              + " ended and not acknowledged, the oldest for "
              + Tables.age(engine.oldestUnacknowledgedMillis());
      final String remedy = "acknowledge: ACK, DEP_ACK or ack(); see dma:ops";
      diagnoses.add(
          engine.oldestUnacknowledgedMillis() > OLD_MILLIS
              ? Diagnosis.warning(subject, finding, remedy)
              : Diagnosis.note(subject, finding, ""));
    }
    if (engine.displacedNow() > 0) {
      diagnoses.add(
          Diagnosis.warning(
              subject,
              count(engine.displacedNow(), "operation") + " waiting without any channel",
              "start a driver that can do them; see dma:ops"));
    }
    if (engine.slots() > 0
        && engine.freeSlots() * 100L < (long) engine.slots() * FEW_SLOTS_PERCENT) {
      diagnoses.add(
          Diagnosis.warning(
              subject,
              "few descriptors free: " + engine.freeSlots() + " of " + engine.slots(),
              "acknowledge what ended, or configure larger pools; see dma:ops"));
    }
    some(subject, engine.callbackFailures(), "callback", "threw", "see the log");
    some(subject, engine.driverFaults(), "driver fault", "caught", "see the log");
    lockTimeout(subject, engine.removalBudgetMillis());
  }

  private void some(String subject, long count, String what, String verb, String remedy) {
    if (count > 0) {
      diagnoses.add(Diagnosis.warning(subject, count(count, what) + " " + verb, remedy));
    }
  }

  private static String count(long count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  private void lockTimeout(String subject, long budget) {
    final String text = property.apply(LOCK_TIMEOUT);
    long timeout = LOCK_TIMEOUT_DEFAULT;
    try {
      timeout = text == null ? timeout : Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      diagnoses.add(
          Diagnosis.warning(
              "services",
              LOCK_TIMEOUT + " is no number: " + text,
              "set it to " + (budget + LOCK_TIMEOUT_MARGIN) + " or more"));
    }
    if (budget + LOCK_TIMEOUT_MARGIN > timeout) {
      diagnoses.add(
          Diagnosis.problem(
              subject,
              "a removal may take "
                  + budget
                  + " ms, Declarative Services waits only "
                  + timeout
                  + " ms",
              "set " + LOCK_TIMEOUT + " to " + (budget + LOCK_TIMEOUT_MARGIN) + " or more"));
    }
  }

  private void devices(List<DeviceDTO> devices) {
    if (devices.isEmpty()) {
      diagnoses.add(
          Diagnosis.warning(
              "devices",
              "none: every operation runs synchronously",
              "start a driver, e.g. io.asynctx.driver.soft"));
    }
    for (DeviceDTO device : devices) {
      final String subject = "device " + device.name();
      diagnoses.add(
          device.state().equals("serving")
              ? Diagnosis.ok(
                  subject, "serving, " + device.kind() + ", " + count(device.channels(), "channel"))
              : device.state().startsWith(DECORATED)
                  ? Diagnosis.note(subject, device.state(), "")
                  : Diagnosis.warning(subject, device.state(), "see dma:devices and the log"));
    }
  }

  private void channels(List<ChannelDTO> channels) {
    for (ChannelDTO channel : channels) {
      state(channel).ifPresent(diagnoses::add);
      some(
          "channel " + channel.name(),
          channel.errors(),
          "operation",
          "ended with an error",
          "test it: dma:test --channel " + channel.name());
    }
  }

  private static Optional<Diagnosis> state(ChannelDTO channel) {
    final String subject = "channel " + channel.name();
    final String why = channel.health().isEmpty() ? "" : ": " + channel.health();
    return switch (stateOf(channel)) {
      case IMPOUNDED ->
          Optional.of(
              Diagnosis.problem(
                  subject,
                  "not shown to be quiet, its memory stays locked" + why,
                  "it is reset again by itself; at once: dma:reset " + channel.name()));
      case QUARANTINED ->
          Optional.of(
              Diagnosis.warning(
                  subject,
                  "quarantined" + why,
                  "it is tested again by itself; at once: dma:resume " + channel.name()));
      case SUSPENDED ->
          Optional.of(
              Diagnosis.note(
                  subject, "suspended" + why, "issue again: dma:resume " + channel.name()));
      case RESETTING -> Optional.of(Diagnosis.note(subject, "being reset" + why, ""));
      case OPENING, ACTIVE, DRAINING, TERMINATING, GONE ->
          why.isEmpty()
              ? Optional.empty()
              : Optional.of(
                  Diagnosis.note(
                      subject,
                      "it failed before" + why,
                      "test it: dma:test --channel " + channel.name()));
    };
  }

  private static ChannelState stateOf(ChannelDTO channel) {
    return ChannelState.valueOf(channel.state());
  }

  private void buffers(List<BufferDTO> buffers) {
    buffers.stream()
        .filter(b -> b.state().equals(LOCKED))
        .collect(Collectors.groupingBy(BufferDTO::lockedBy, TreeMap::new, Collectors.toList()))
        .forEach((channel, locked) ->
            diagnoses.add(
                Diagnosis.problem(
                    "memory",
                    total(locked)
                        + " locked away: channel "
                        + channel
                        + " was not shown to be quiet",
                    "reset it: dma:reset " + channel + "; if it is gone, restart the process")));
    buffers.stream()
        .filter(b -> !b.state().equals(LOCKED) && b.ageMillis() >= OLD_BUFFER_MILLIS)
        .collect(
            Collectors.groupingBy(
                b -> new Site(b.holder(), b.allocatedAt()),
                LinkedHashMap::new,
                Collectors.toList()))
        .forEach((site, old) ->
            diagnoses.add(
                Diagnosis.note(
                    "memory",
                    total(old)
                        + " lent to "
                        + site.holder()
                        + ", the oldest for "
                        + Tables.age(old.stream().mapToLong(BufferDTO::ageMillis).max().orElse(0))
                        + ", allocated at "
                        + (site.place().isEmpty()
                            ? "a place not recorded, see buffers.sites"
                            : site.place()),
                    "if it is not needed, close it; see dma:buffers " + site.holder())));
  }

  private record Site(String holder, String place) {}

  private static String total(List<BufferDTO> buffers) {
    final long bytes = buffers.stream().mapToLong(BufferDTO::bytes).sum();
    return count(buffers.size(), "buffer") + " of " + count(bytes, "byte");
  }

  private void clients(List<ClientDTO> clients) {
    for (ClientDTO client : clients) {
      if (!client.problem().isEmpty()) {
        diagnoses.add(
            Diagnosis.warning(
                "client " + client.name(),
                client.problem(),
                "mend its properties in " + client.bundle()));
      }
    }
  }

  private void audit(List<String> lines) {
    for (String line : lines) {
      diagnoses.add(
          Diagnosis.problem(
              "books", line, "see dma:doctor --audit; report it, with dma:ops -j and the log"));
    }
  }

  private void drivers() {
    for (DriverReport report : reports) {
      for (DriverReport.Finding finding : report.findings()) {
        final String subject = "driver " + report.driver();
        final String text = finding.device() + ": " + finding.detail();
        if (finding.usable()) {
          diagnoses.add(Diagnosis.ok(subject, text));
        } else {
          diagnoses.add(Diagnosis.note(subject, text, finding.remedy()));
        }
      }
    }
  }

  private void machine() {
    diagnoses.add(
        vector
            ? Diagnosis.ok("kernels", "the vector module is present")
            : Diagnosis.note(
                "kernels",
                "the vector module is absent: plain loops are used",
                "start Java with --add-modules " + VECTOR));
  }
}
