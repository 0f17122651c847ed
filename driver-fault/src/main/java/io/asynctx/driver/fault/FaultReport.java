package io.asynctx.driver.fault;

import io.asynctx.dmaengine.driver.DriverReport;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Which faults are injected, and how often each has come about.
 *
 * <p>Threading: any thread.
 */
@Component
public final class FaultReport implements DriverReport {
  private final Decorators decorators;

  /**
   * Called by DS.
   *
   * @param decorators those there are
   */
  @Activate
  public FaultReport(@Reference(name = "decorators") Decorators decorators) {
    this.decorators = decorators;
  }

  @Override
  public String driver() {
    return "fault";
  }

  @Override
  public List<Finding> findings() {
    final List<Finding> findings = new ArrayList<>();
    for (Decorators.View view : decorators.views()) {
      findings.add(
          new Finding(
              view.decorator(),
              view.state().equals(FaultDriver.IN_FRONT),
              view.state() + " of " + view.device() + ", faults=" + counts(view),
              "inject " + view.device() + " --clear takes it away"));
    }
    decorators
        .refusals()
        .forEach((pid, why) -> findings.add(new Finding(pid, false, why, "mend or delete it")));
    if (findings.isEmpty()) {
      findings.add(
          new Finding("faults", false, "no fault is injected anywhere", "")); // as it should be
    }
    return List.copyOf(findings);
  }

  private static String counts(Decorators.View view) {
    return view.rules().stream()
        .map(c -> c.rule() + ": " + c.fired())
        .collect(Collectors.joining("; ", "[", "]"));
  }
}
