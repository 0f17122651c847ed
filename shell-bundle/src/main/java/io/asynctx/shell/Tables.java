package io.asynctx.shell;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.dto.ActionDTO;
import io.asynctx.dmaengine.dto.AssignmentDTO;
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
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

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
              "STATE", ChannelDTO::state, any(c -> !c.state().equals(ChannelState.ACTIVE.name())))
          .text("OPS", c -> operations(c.capabilities()))
          .number("DEPTH", ChannelDTO::depth)
          .number("IN FLIGHT", ChannelDTO::inFlight)
          .number("DONE", ChannelDTO::done)
          .number("ERRORS", ChannelDTO::errors)
          .numberIf("RESETS", ChannelDTO::resets, any(c -> c.resets() > 0))
          .numberIf("FAILOVERS", ChannelDTO::failovers, any(c -> c.failovers() > 0))
          .text("CLIENTS", c -> c.exclusive() ? c.clients() + " exclusively" : c.clients())
          .textIf("HEALTH", c -> dash(c.health()), any(c -> !c.health().isEmpty()));

  static final Table<ClientDTO> CLIENTS =
      new Table<>(ClientDTO.class, "no client", ClientDTO::name)
          .text("CLIENT", ClientDTO::name)
          .text("BUNDLE", ClientDTO::bundle)
          .text("VIA", ClientDTO::via)
          .text("NEEDS", c -> c.capabilities().isEmpty() ? "any" : operations(c.capabilities()))
          .text("FILTER", c -> dash(c.filter()))
          .number("EVENTS", ClientDTO::events)
          .text("HOLDS", c -> c.leases().stream().map(Tables::lease).toList())
          .textIf("PROBLEM", c -> dash(c.problem()), any(c -> !c.problem().isEmpty()));

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

  static final Table<LeaseDTO> LEASES =
      new Table<>(LeaseDTO.class, "no lease", LeaseDTO::channel)
          .text("CHANNEL", LeaseDTO::channel)
          .text("CLIENT", LeaseDTO::client)
          .text("BUNDLE", LeaseDTO::bundle)
          .text("VIA", LeaseDTO::via)
          .text("EXCLUSIVE", LeaseDTO::exclusive)
          .text("SINCE", l -> time(l.sinceMillis()))
          .number("OPERATIONS", LeaseDTO::operations);

  static final Table<BufferDTO> BUFFERS =
      new Table<>(BufferDTO.class, "no buffer is lent", BufferDTO::holder)
          .text("HOLDER", BufferDTO::holder)
          .number("BYTES", BufferDTO::bytes)
          .text("STATE", BufferDTO::state)
          .text("AGE", b -> age(b.ageMillis()))
          .number("OPERATIONS", BufferDTO::operations)
          .text("ALLOCATED AT", b -> dash(b.allocatedAt()))
          .textIf("LOCKED BY", b -> dash(b.lockedBy()), any(b -> !b.lockedBy().isEmpty()));

  static final Table<RemovalDTO> REMOVALS =
      new Table<>(RemovalDTO.class, "no device has been removed", RemovalDTO::device)
          .text("DEVICE", RemovalDTO::device)
          .text("VERSION", RemovalDTO::driverVersion)
          .text("AT", r -> time(r.atMillis()))
          .number("QUEUED", RemovalDTO::queued)
          .number("IN FLIGHT", RemovalDTO::inFlight)
          .number("DRAINED", RemovalDTO::drained)
          .number("MOVED", RemovalDTO::moved)
          .number("RERUN", RemovalDTO::rerun)
          .number("ABORTED", RemovalDTO::aborted)
          .numberIf("IMPOUNDED", RemovalDTO::impounded, any(r -> r.impounded() > 0))
          .number("MICROS", RemovalDTO::micros)
          .text("STEPS", r -> r.steps().stream().map(s -> s.name() + " " + s.micros()).toList())
          .textIf("HELD BY", r -> r.held(), any(r -> !r.held().isEmpty()));

  static final Table<ActionDTO.Channel> ACTION_CHANNELS =
      new Table<>(ActionDTO.Channel.class, "no channel", ActionDTO.Channel::channel)
          .text("CHANNEL", ActionDTO.Channel::channel)
          .text("BEFORE", ActionDTO.Channel::before)
          .text("AFTER", ActionDTO.Channel::after)
          .number("MOVED", ActionDTO.Channel::moved)
          .number("RERUN", ActionDTO.Channel::rerun)
          .number("ABORTED", ActionDTO.Channel::aborted)
          .textIf("DETAIL", c -> dash(c.detail()), any(c -> !c.detail().isEmpty()));

  static final Table<ActionDTO> ACTIONS =
      new Table<>(ActionDTO.class, "no order", ActionDTO::target)
          .text("ACTION", ActionDTO::action)
          .text("TARGET", ActionDTO::target)
          .text("CHANNELS", a -> a.channels().stream().map(ActionDTO.Channel::channel).toList())
          .number("MICROS", ActionDTO::micros)
          .alone(a -> ACTION_CHANNELS.rows(a.channels()));

  static final Table<AssignmentDTO> ASSIGNMENTS =
      new Table<>(
              AssignmentDTO.class,
              "nothing is assigned: the policies alone choose",
              AssignmentDTO::operation)
          .text("OPERATION", AssignmentDTO::operation)
          .text("RULE", AssignmentDTO::rule)
          .text("FILTER", AssignmentDTO::filter)
          .text("BY", a -> dash(a.by()))
          .text("SINCE", a -> a.atMillis() == 0 ? "-" : time(a.atMillis()));

  static final Table<ExplanationDTO.Verdict> VERDICTS =
      new Table<>(ExplanationDTO.Verdict.class, "no provider", ExplanationDTO.Verdict::provider)
          .text("PROVIDER", ExplanationDTO.Verdict::provider)
          .text("KIND", ExplanationDTO.Verdict::kind)
          .text("CHOSEN", ExplanationDTO.Verdict::chosen)
          .text("REASON", ExplanationDTO.Verdict::reason);

  static final Table<ExplanationDTO> EXPLANATIONS =
      new Table<>(ExplanationDTO.class, "no explanation", ExplanationDTO::chosen)
          .text("OPERATION", ExplanationDTO::operation)
          .number("LENGTH", ExplanationDTO::length)
          .number("SOURCES", ExplanationDTO::sources)
          .text("POLICY", e -> e.policy().isEmpty() ? "any" : e.policy())
          .text("CHOSEN", ExplanationDTO::chosen)
          .alone(Tables::explanation);

  static final Table<InvariantDTO> INVARIANTS =
      new Table<>(InvariantDTO.class, "no invariant", InvariantDTO::id)
          .text("ID", InvariantDTO::id)
          .text("VERDICT", InvariantDTO::verdict)
          .text("STATEMENT", InvariantDTO::statement)
          .text("DETAIL", i -> dash(i.detail()));

  static final Table<OperatorPolicy> POLICY =
      new Table<>(OperatorPolicy.class, "no policy", OperatorPolicy::words)
          .text("POLICY", p -> p.words().isEmpty() ? "any: clients choose" : p.words())
          .text("HARDWARE", OperatorPolicy::hardware)
          .text("EMULATED", OperatorPolicy::emulated)
          .text("SOFTWARE", OperatorPolicy::software)
          .text("SYNCHRONOUS", OperatorPolicy::synchronous)
          .text("CHANNELS", OperatorPolicy::channels)
          .text("DEADLINE", OperatorPolicy::deadline);

  private static final List<Table<?>> ALL =
      List.of(
          DEVICES,
          CHANNELS,
          CLIENTS,
          LEASES,
          BUFFERS,
          OPERATIONS,
          REMOVALS,
          ENGINE,
          ACTIONS,
          ACTION_CHANNELS,
          ASSIGNMENTS,
          EXPLANATIONS,
          VERDICTS,
          INVARIANTS,
          POLICY,
          DIAGNOSES);

  private Tables() {}

  /** The table for an object of one of the types above. */
  static Optional<Table<?>> of(Object row) {
    return ALL.stream().filter(t -> t.type().isInstance(row)).findFirst();
  }

  private static <T> Predicate<List<T>> any(Predicate<T> row) {
    return rows -> rows.stream().anyMatch(row);
  }

  private static String explanation(ExplanationDTO e) {
    return e.chosen()
        + " gets "
        + e.operation().toLowerCase(Locale.ROOT)
        + " of "
        + String.format(Locale.ROOT, "%,d", e.length())
        + (e.length() == 1 ? " byte" : " bytes")
        + (e.sources() > 1 ? ", " + e.sources() + " sources" : "")
        + ", policy "
        + (e.policy().isEmpty() ? "any" : e.policy())
        + "\n"
        + VERDICTS.rows(e.verdicts());
  }

  /** An instant for people, to the second. */
  static String time(long millis) {
    return Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS).toString();
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
