package io.asynctx.driver.tck;

import io.asynctx.dmaengine.driver.DmaDevice;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs the kit, with or without JUnit, inside or outside the framework.
 *
 * <p>Threading: any thread; a run blocks its caller, bounded by the time-outs of the options.
 * Drivers are called on daemon threads of the kit, which interrupts and gives up one that does not
 * come back.
 */
public final class Tck {
  private static final List<Contract> CONTRACTS = all();

  private Tck() {}

  private static List<Contract> all() {
    final List<Contract> all = new ArrayList<>();
    all.addAll(DescribeContracts.all());
    all.addAll(PollContracts.all());
    all.addAll(CompletionContracts.all());
    all.addAll(CopyContracts.all());
    all.addAll(XorContracts.all());
    all.addAll(PqContracts.all());
    all.addAll(OperandContracts.all());
    all.addAll(TerminateContracts.all());
    all.addAll(InterruptContracts.all());
    all.addAll(EngineContracts.all());
    return List.copyOf(all);
  }

  /**
   * Every contract of the kit.
   *
   * @return in the order they are run
   */
  public static List<TckContract> contracts() {
    return CONTRACTS.stream().map(Contract::face).toList();
  }

  /**
   * One contract.
   *
   * @param id its id
   * @return the contract
   * @throws IllegalArgumentException if there is none
   */
  public static TckContract contract(String id) {
    return find(id).face();
  }

  static Contract find(String id) {
    return CONTRACTS.stream()
        .filter(c -> c.face().id().equals(id))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("unknown contract: id=" + id));
  }

  /**
   * Begins a run whose contracts the caller runs one by one.
   *
   * @param device every channel of it closed; nobody else uses it meanwhile
   * @param options how
   * @return the run, to be closed
   */
  public static TckSession begin(DmaDevice device, TckOptions options) {
    return new TckSession(device, options);
  }

  /**
   * Runs the kit.
   *
   * @param device every channel of it closed; nobody else uses it meanwhile
   * @param options how
   * @return what was found; never throws for a bad driver
   */
  public static TckReport run(DmaDevice device, TckOptions options) {
    try (TckSession session = begin(device, options)) {
      for (TckContract contract : session.contracts()) {
        session.run(contract);
      }
      return session.report();
    }
  }
}
