package io.asynctx.async;

import io.asynctx.dmaengine.Provenance;
import io.asynctx.dmaengine.TransferResult;
import java.util.List;
import java.util.function.Supplier;

/**
 * How a run of a chain ended.
 *
 * @param chain name of the chain
 * @param steps one entry a step, in the order they were added
 */
public record Outcome(String chain, List<Step> steps) {

  /** Copies the list. */
  public Outcome {
    steps = steps instanceof StepsOnDemand ? steps : List.copyOf(steps);
  }

  /**
   * An outcome whose entries are made when somebody first looks at them.
   *
   * @param chain name of the chain
   * @param ok what {@link #ok} answers
   * @param steps makes the entries, in the order they were added; called once at most
   * @return the outcome
   */
  public static Outcome of(String chain, boolean ok, Supplier<List<Step>> steps) {
    return new Outcome(chain, new StepsOnDemand(ok, steps));
  }

  /**
   * Whether every step ended without error, and every validate step found that things fit.
   *
   * @return true iff so
   */
  public boolean ok() {
    return steps instanceof StepsOnDemand made ? made.ok() : steps.stream().allMatch(Step::ok);
  }

  /**
   * The entry of one step.
   *
   * @param name name of the step
   * @return its entry
   * @throws IllegalArgumentException if the chain has no such step, naming those it has
   */
  public Step step(String name) {
    return steps.stream()
        .filter(s -> s.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "no such step: step="
                    + name
                    + ", chain="
                    + chain
                    + ", steps="
                    + steps.stream().map(Step::name).toList()));
  }

  /**
   * How one step ended.
   *
   * @param name its name
   * @param result how it ended
   * @param sumCheck bits of a validate step, see {@link io.asynctx.dmaengine.SumCheck}; else 0
   * @param detail why it failed; empty if it did not
   * @param provenance who ran it
   */
  public record Step(
      String name, TransferResult result, int sumCheck, String detail, Provenance provenance) {

    /**
     * Whether it ended without error, and, if it validates, found that things fit.
     *
     * @return true iff so
     */
    public boolean ok() {
      return result == TransferResult.NO_ERROR && sumCheck == 0;
    }
  }
}
