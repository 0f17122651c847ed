package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.admin.DmaAdmin;
import io.asynctx.dmaengine.dto.ActionDTO;
import io.asynctx.dmaengine.dto.AssignmentDTO;
import java.time.Duration;
import java.util.List;

/**
 * Takes the orders of operators: those to channels go to {@link Orders}, what is said about
 * operations and clients to {@link Settings}.
 */
record EngineAdmin(Orders orders, Settings settings) implements DmaAdmin {

  @Override
  public ActionDTO suspend(String target) {
    return orders.suspend(target);
  }

  @Override
  public ActionDTO resume(String target) {
    return orders.resume(target);
  }

  @Override
  public ActionDTO drain(String target, Duration timeout) {
    return orders.drain(target, timeout);
  }

  @Override
  public ActionDTO reset(String target) {
    return orders.reset(target);
  }

  @Override
  public ActionDTO quarantine(String target, String reason) {
    return orders.quarantine(target, reason);
  }

  @Override
  public List<AssignmentDTO> assignments() {
    return settings.assignments();
  }

  @Override
  public AssignmentDTO assign(String operation, String rule, String target, String by) {
    return settings.assign(operation, rule, target, by);
  }

  @Override
  public boolean unassign(String operation, String by) {
    return settings.unassign(operation, by);
  }

  @Override
  public String policy() {
    return settings.policy();
  }

  @Override
  public void policy(String words, String by) {
    settings.policy(words, by);
  }
}
