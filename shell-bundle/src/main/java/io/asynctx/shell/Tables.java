package io.asynctx.shell;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.dto.ChannelDTO;
import io.asynctx.dmaengine.dto.ClientDTO;
import io.asynctx.dmaengine.dto.DeviceDTO;
import io.asynctx.dmaengine.dto.EngineDTO;
import io.asynctx.dmaengine.dto.OperationDTO;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The table of each DTO. */
final class Tables {

  private static final int OPS_WIDTH = 26;
  private static final Map<String, String> SHORT =
      Map.of(
          "MEMCPY", "copy",
          "MEMSET", "fill",
          "XOR", "xor",
          "XOR_VAL", "xorval",
          "PQ", "pq",
          "PQ_VAL", "pqval",
          "RAID6_RECOV", "recov",
          "INTERRUPT", "intr");

  static final Table<DeviceDTO> DEVICES =
      new Table<>(DeviceDTO.class, "no device: no driver has one; see dma:doctor", DeviceDTO::name)
          .text("DEVICE", DeviceDTO::name)
          .text("KIND", DeviceDTO::kind)
          .text("STATE", DeviceDTO::state)
          .number("CHANNELS", DeviceDTO::channels)
          .text("NUMA", d -> d.numaNode() < 0 ? "-" : String.valueOf(d.numaNode()))
          .text("OPS", d -> operations(d.capabilities()))
          .text("DRIVER", DeviceDTO::driver)
          .text("VERSION", DeviceDTO::driverVersion);

  static final Table<ChannelDTO> CHANNELS =
      new Table<>(
              ChannelDTO.class, "no channel: no device is served; see dma:doctor", ChannelDTO::name)
          .text("CHANNEL", ChannelDTO::name)
          .text("DEVICE", ChannelDTO::device)
          .text("KIND", ChannelDTO::kind)
          .textIf(
              "STATE",
              ChannelDTO::state,
              rows -> rows.stream().anyMatch(c -> !c.state().equals(ChannelState.ACTIVE.name())))
          .text("OPS", c -> operations(c.capabilities()))
          .number("DEPTH", ChannelDTO::depth)
          .number("IN FLIGHT", ChannelDTO::inFlight)
          .number("DONE", ChannelDTO::done)
          .number("ERRORS", ChannelDTO::errors)
          .text("CLIENTS", c -> c.exclusive() ? c.clients() + " exclusively" : c.clients());

  static final Table<ClientDTO> CLIENTS =
      new Table<>(ClientDTO.class, "no client", ClientDTO::name)
          .text("CLIENT", ClientDTO::name)
          .text("BUNDLE", ClientDTO::bundle)
          .text("VIA", ClientDTO::via)
          .text("NEEDS", c -> c.capabilities().isEmpty() ? "any" : operations(c.capabilities()))
          .text("FILTER", c -> dash(c.filter()))
          .number("EVENTS", ClientDTO::events)
          .text("HOLDS", c -> c.leases().stream().map(Tables::lease).toList())
          .textIf(
              "PROBLEM",
              c -> dash(c.problem()),
              rows -> rows.stream().anyMatch(c -> !c.problem().isEmpty()));

  static final Table<OperationDTO> OPERATIONS =
      new Table<>(OperationDTO.class, "no descriptor is taken", OperationDTO::text)
          .text("DESCRIPTOR", OperationDTO::text)
          .text("OPERATION", OperationDTO::operation)
          .number("BYTES", OperationDTO::length)
          .text("CLIENT", OperationDTO::client)
          .text("STATE", OperationDTO::state)
          .text("CHANNEL", o -> dash(o.channel()))
          .number("ATTEMPTS", OperationDTO::attempts)
          .text("ACKED", OperationDTO::acknowledged)
          .text("RESULT", o -> dash(o.result()));

  static final Table<EngineDTO> ENGINE =
      new Table<>(EngineDTO.class, "no engine", EngineDTO::name)
          .text("ENGINE", EngineDTO::name)
          .text("STATE", EngineDTO::state)
          .number("SUBMITTED", EngineDTO::submitted)
          .number("ENDED", EngineDTO::ended)
          .number("OK", EngineDTO::ok)
          .number("ERROR", EngineDTO::error)
          .number("ABORTED", EngineDTO::aborted)
          .number("CALLBACKS", EngineDTO::callbacks)
          .number("CALLBACK FAILURES", EngineDTO::callbackFailures)
          .number("SYNCHRONOUS", EngineDTO::synchronous)
          .number("DISPLACED", EngineDTO::displaced)
          .number("DISPLACED NOW", EngineDTO::displacedNow)
          .number("LIVE", EngineDTO::live)
          .number("UNACKNOWLEDGED", EngineDTO::unacknowledged)
          .text("OLDEST OF THESE", e -> age(e.oldestUnacknowledgedMillis()))
          .number("POOLS", EngineDTO::pools)
          .number("SLOTS", EngineDTO::slots)
          .number("FREE SLOTS", EngineDTO::freeSlots)
          .number("DRIVER FAULTS", EngineDTO::driverFaults)
          .number("PARKS", EngineDTO::parks)
          .number("UNPARKS", EngineDTO::unparks)
          .text("REMOVAL BUDGET", e -> age(e.removalBudgetMillis()));

  static final Table<Diagnosis> DIAGNOSES =
      new Table<>(Diagnosis.class, "nothing to say", Diagnosis::subject)
          .text("LEVEL", Diagnosis::level)
          .text("SUBJECT", Diagnosis::subject)
          .text("FINDING", Diagnosis::finding)
          .text("REMEDY", d -> dash(d.remedy()))
          .paragraphs(Tables::paragraph);

  private static final List<Table<?>> ALL =
      List.of(DEVICES, CHANNELS, CLIENTS, OPERATIONS, ENGINE, DIAGNOSES);

  private Tables() {}

  /** The table for an object of one of the types above. */
  static Optional<Table<?>> of(Object row) {
    return ALL.stream().filter(t -> t.type().isInstance(row)).findFirst();
  }

  private static String paragraph(Diagnosis d) {
    final String first =
        String.format(Locale.ROOT, "%-8s %s: %s", d.level(), d.subject(), d.finding());
    return d.remedy().isEmpty() ? first : first + "\n" + " ".repeat(9) + "-> " + d.remedy();
  }

  private static String lease(ClientDTO.Lease lease) {
    return lease.exclusive() ? lease.channel() + " exclusively" : lease.channel();
  }

  private static String dash(String text) {
    return text.isEmpty() ? "-" : text;
  }

  /** A duration for people. */
  static String age(long millis) {
    if (millis < 1000) {
      return millis + " ms";
    }
    final long seconds = millis / 1000;
    if (seconds < 120) {
      return seconds + " s";
    }
    return seconds < 7200 ? seconds / 60 + " min" : seconds / 3600 + " h";
  }

  /** Capabilities by their short names, cut where they get long. */
  static String operations(List<String> capabilities) {
    final StringBuilder text = new StringBuilder();
    for (String capability : capabilities) {
      final String word = SHORT.getOrDefault(capability.toUpperCase(Locale.ROOT), capability);
      if (text.length() + word.length() > OPS_WIDTH - 2) {
        return text.append(" …").toString();
      }
      text.append(text.isEmpty() ? "" : " ").append(word);
    }
    return text.toString();
  }
}
