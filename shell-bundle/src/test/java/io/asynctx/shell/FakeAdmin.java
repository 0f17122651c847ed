package io.asynctx.shell;

import io.asynctx.async.Policy;
import io.asynctx.dmaengine.admin.DmaAdmin;
import io.asynctx.dmaengine.dto.ActionDTO;
import io.asynctx.dmaengine.dto.AssignmentDTO;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** An engine that writes down what it is ordered. */
final class FakeAdmin implements DmaAdmin {

  final List<String> orders = new ArrayList<>();
  final List<AssignmentDTO> assignments = new ArrayList<>();
  ActionDTO.Channel done = new ActionDTO.Channel("soft0/0", "ACTIVE", "SUSPENDED", 1234, 2, 0, "");
  String policy = "";

  private final FakeInspector engine;

  FakeAdmin(FakeInspector engine) {
    this.engine = engine;
  }

  private ActionDTO order(String action, String target, String more) {
    return engine.answer(() -> {
      if (engine.channels.stream()
          .noneMatch(c -> c.name().equals(target) || c.device().equals(target))) {
        throw new IllegalArgumentException(
            "no such channel or device: target=%s, known=%s"
                .formatted(target, engine.channels.stream().map(c -> c.name()).toList()));
      }
      if (engine.channels.stream().anyMatch(c -> c.state().equals("DRAINING"))) {
        throw new IllegalStateException("channel is leaving: channel=" + target);
      }
      orders.add((action + " " + target + " " + more).strip());
      return new ActionDTO(action, target, List.of(done), 17);
    });
  }

  @Override
  public ActionDTO suspend(String target) {
    return order("suspend", target, "");
  }

  @Override
  public ActionDTO resume(String target) {
    return order("resume", target, "");
  }

  @Override
  public ActionDTO drain(String target, Duration timeout) {
    return order("drain", target, timeout.toString());
  }

  @Override
  public ActionDTO reset(String target) {
    return order("reset", target, "");
  }

  @Override
  public ActionDTO quarantine(String target, String reason) {
    return order("quarantine", target, reason);
  }

  @Override
  public List<AssignmentDTO> assignments() {
    return engine.answer(() -> List.copyOf(assignments));
  }

  @Override
  public AssignmentDTO assign(String operation, String rule, String target, String by) {
    return engine.answer(() -> {
      if (target.equals("(")) {
        throw new IllegalArgumentException("filter does not parse: filter=(");
      }
      final AssignmentDTO assignment = new AssignmentDTO(operation, rule, target, by, 1000);
      assignments.removeIf(a -> a.operation().equals(operation));
      assignments.add(assignment);
      return assignment;
    });
  }

  @Override
  public boolean unassign(String operation, String by) {
    orders.add("unassign " + operation + " by " + by);
    return engine.answer(() -> assignments.removeIf(a -> a.operation().equals(operation)));
  }

  @Override
  public String policy() {
    return engine.answer(() -> policy);
  }

  @Override
  public void policy(String words, String by) {
    policy =
        engine.answer(() -> {
          orders.add("policy " + words + " by " + by);
          return Policy.parse(words).text();
        });
  }
}
